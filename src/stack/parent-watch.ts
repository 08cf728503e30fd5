const pollMs = 500

/**
 * Calls `onGone` once when the process that started this one has ended. A signal to npm ends npm and its shell and nobody
 * else: what runs below only finds itself with another parent. Disposing stops watching; it keeps no process alive.
 */
export function watchParent(onGone: () => void): Disposable {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onGone()
  }, pollMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
