// For a process under test, by `--import` with --expose-gc: tells who spawned it how much memory it has after a full collection.
process.on('message', () => {
  // Twice: the first one's finalizers let go of more.
  for (let times = 0; times < 2; times++) globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ heapMb: heapUsed / 2 ** 20, externalMb: external / 2 ** 20, rssMb: rss / 2 ** 20 })
})
// Else the process would never end by itself.
process.channel?.unref()
