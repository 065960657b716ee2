import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { cpuSeconds, parseStat } from './cpu.ts'

test('a line of /proc/PID/stat, whatever the command is called', () => {
  const line = '42 (a) b (c) S 7 42 42 0 -1 4194560 1 0 0 0 120 30 5 6 20 0 11 0 1000 0 0'
  assert.deepEqual(parseStat(line), { pid: 42, parent: 7, ticks: 150 })
})

const linux = process.platform === 'linux' ? {} : { skip: 'reads /proc' }

test('the work of threads and of children counts', linux, async (t) => {
  const burn = 'const end = process.cpuUsage().user + 2e5; while (process.cpuUsage().user < end);'
  const code = `
    const { Worker } = require('node:worker_threads')
    const { spawn } = require('node:child_process')
    const burn = ${JSON.stringify(`${burn} require('node:worker_threads').parentPort.postMessage(0); setInterval(() => {}, 1e3)`)}
    new Worker(burn, { eval: true }).once('message', () => {
      const child = spawn(process.execPath, ['-e', ${JSON.stringify(`${burn} console.log(0); setInterval(() => {}, 1e3)`)}])
      child.stdout.once('data', () => console.log('burnt'))
      process.stdin.once('end', () => { child.kill(); process.exit() }).resume()
    })`
  const parent = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => parent.stdin.end())
  await once(parent.stdout, 'data')
  const seconds = cpuSeconds(parent.pid ?? 0)
  // 0.2 s in a thread and 0.2 s in a child, and what it takes to start them.
  assert.ok(seconds >= 0.38 && seconds < 3, `${seconds} s`)
})
