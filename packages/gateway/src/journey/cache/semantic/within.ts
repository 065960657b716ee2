/** What comes of it within so many milliseconds; undefined where it comes later, or fails. */
export function within<T>(promise: Promise<T>, limitMs: number, late: () => void): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      late()
      resolve(undefined)
    }, limitMs)
    const give = (value: T | undefined) => {
      clearTimeout(timer)
      resolve(value)
    }
    promise.then(give, () => give(undefined))
  })
}
