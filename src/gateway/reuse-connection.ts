/** What stands behind the last event is a few bytes; a gateway that takes longer loses its connection. */
const drainTimeoutMs = 1_000

/**
 * `fetch`, but a body whose reader stops early is read to its end instead of being cut off. The `openai` client stops at
 * the stream's `[DONE]`, a few bytes before the end, and Node then closes the connection: every call would need a new one.
 * An aborted call is still cut off at once.
 */
export async function fetchReusing(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init)
  if (!response.body) return response
  const reader = response.body.getReader()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => void drain(reader),
  })
  return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers })
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), drainTimeoutMs)
  try {
    while (!(await reader.read()).done);
  } catch {
    // aborted or severed: the connection is gone already
  } finally {
    clearTimeout(timer)
  }
}
