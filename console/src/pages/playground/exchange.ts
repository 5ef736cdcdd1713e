/** One request to the data plane, as any client would send it, and its answer step by step. */
import { eventsOf } from '../../api/events'
import * as chat from './chat'
import * as messages from './messages'
import { isObject, parsed, type Fields, type Parameters } from './parameters'
import { grow, isOver, over, sayable, type Answer, type AnswerFailure, type Dialect, type Json, type Message } from './talk'

const DIALECTS = { messages, chat } as const

export interface Asking {
  dialect: Dialect
  path: string
  body: Fields
}

/** An event of the stream, or the whole of a plain answer. */
export interface Frame {
  /** Milliseconds since the request was sent. */
  at: number
  name: string
  raw: string
  /** Without the names of its fields. */
  data: string
}

export interface Hearing {
  answer(answer: Answer): void
  frame(frame: Frame): void
}

/** The version of Messages that is spoken here: the next one takes no sampling parameters. */
export const MESSAGES_VERSION = '2023-06-01'

export function asking(model: string, said: readonly Message[], parameters: Parameters): Asking {
  const { PATH, bodyOf } = DIALECTS[parameters.dialect]
  return { dialect: parameters.dialect, path: PATH, body: bodyOf(model, sayable(said), parameters) }
}

/** The headers of a request; `secret` is null on a gateway that asks for no key. */
export function headersOf(dialect: Dialect, secret: string | null): Record<string, string> {
  const plain = { 'content-type': 'application/json' }
  if (dialect === 'messages') return { ...plain, 'anthropic-version': MESSAGES_VERSION, ...(secret !== null && { 'x-api-key': secret }) }
  return { ...plain, ...(secret !== null && { authorization: `Bearer ${secret}` }) }
}

/** Hears the answer to its end, whatever the end is; throws nothing. `secret` is asked for, since it may have to be made. */
export async function exchange(asked: Asking, begun: Answer, secret: (refused: boolean) => Promise<string | null>, signal: AbortSignal, hearing: Hearing): Promise<void> {
  let answer = begun
  const tell = (next: Answer): void => hearing.answer((answer = next))
  const hear = (name: string, raw: string, data = raw): void => hearing.frame({ at: Date.now() - begun.sent, name, raw, data })
  try {
    const body = JSON.stringify(asked.body)
    const send = (key: string | null): Promise<Response> => fetch(asked.path, { method: 'POST', credentials: 'omit', signal, headers: headersOf(asked.dialect, key), body })
    const key = await secret(false)
    let response = await send(key)
    if (response.status === 401) {
      // One that was made here is over when the gateway was started anew.
      const other = await secret(true)
      if (other !== key) response = await send(other)
    }
    tell({ ...answer, requestId: response.headers.get('request-id') ?? '', losses: lossesOf(response.headers.get('x-isthmus-loss')) })
    if (!response.ok || !response.body) {
      const raw = await response.text()
      hear(String(response.status), raw)
      tell(over(answer, 'failed', Date.now(), refusal(response, raw)))
    } else if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      const read = DIALECTS[asked.dialect].reader()
      for await (const event of eventsOf(response.body)) {
        hear(event.event, event.raw, event.data)
        for (const step of read(event.data)) tell(grow(answer, step, Date.now()))
      }
    } else {
      const raw = await response.text()
      hear('answer', raw)
      for (const step of DIALECTS[asked.dialect].plain(parsed(raw) ?? null)) tell(grow(answer, step, Date.now()))
    }
    if (!isOver(answer)) tell(over(answer, 'failed', Date.now(), { message: '', status: 0, kind: 'cut', retryAfterS: null }))
  } catch (error) {
    if (signal.aborted) tell(over(answer, 'stopped', Date.now()))
    else tell(over(answer, 'failed', Date.now(), { message: error instanceof TypeError ? '' : String((error as Error).message), status: 0, kind: answer.first ? 'cut' : 'unreachable', retryAfterS: null }))
  }
}

/** What tells an event from its neighbours: the delta, the usage, the error. The rest is the same in every one. */
export function gist({ data }: Pick<Frame, 'data'>): string {
  const value = parsed(data)
  if (!isObject(value)) return data
  const choice = Array.isArray(value.choices) ? (value.choices[0] as Json | undefined) : undefined
  const found = choice !== undefined ? (isObject(choice) && typeof choice.finish_reason === 'string' ? { finish_reason: choice.finish_reason } : isObject(choice) ? choice.delta : choice)
    : value.delta ?? value.content_block ?? value.error ?? value.usage ?? value.message
  if (!isObject(found)) return found == null ? data : JSON.stringify(found)
  const { type, ...rest } = found
  return JSON.stringify(type === undefined || !Object.keys(rest).length ? found : rest)
}

/** One loss has no comma. */
export function lossesOf(header: string | null): string[] {
  return (header ?? '').split(',').map((loss) => loss.trim()).filter(Boolean)
}

/** Both dialects say what is wrong in `error.message`; a proxy in between may say anything. */
export function refusal(response: Pick<Response, 'status' | 'statusText' | 'headers'>, raw: string): AnswerFailure {
  const said = parsed(raw)
  const error = isObject(said) && isObject(said.error) ? said.error : {}
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    message: messages.words(error.message) || `${response.status} ${response.statusText}`.trim(),
    status: response.status,
    kind: messages.words(error.code) || messages.words(error.type),
    retryAfterS: Number.isFinite(wait) ? wait : null,
  }
}
