/** Server-sent events, read from a response of `fetch`: the browser's own EventSource sends no keys and no bodies. */

export interface ServerEvent {
  event: string
  data: string
  /** The event as it was written, with its line ends. */
  raw: string
}

/** Every event of the stream, wherever the network cut it. What stands behind the last blank line is not an event. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      rest += value
      for (let end = blankLine(rest); end; end = blankLine(rest)) {
        const raw = rest.slice(0, end)
        rest = rest.slice(end)
        const event = eventIn(raw)
        if (event) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** Where the first blank line ends; 0 when there is none that is whole. */
function blankLine(text: string): number {
  const found = /(?:\r\n|\n|\r(?!$))(?:\r\n|\n|\r(?!$))/.exec(text)
  return found ? found.index + found[0].length : 0
}

function eventIn(raw: string): ServerEvent | null {
  let event = 'message'
  const data: string[] = []
  for (const line of raw.split(/\r\n|\n|\r/)) {
    if (line.startsWith('event:')) event = line.slice(6).trim()
    else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
  }
  return data.length ? { event, data: data.join('\n'), raw } : null
}
