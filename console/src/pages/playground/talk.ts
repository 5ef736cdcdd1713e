/**
 * A conversation as the playground holds it, in neither dialect: what was sent and answered, and how an answer grows.
 *
 *     stream → events → steps (`messages.ts`, `chat.ts`) → `grow(answer, step, now)`
 */

export type Dialect = 'messages' | 'chat'

export interface Picture {
  /** `image/png`, as the bytes say, not as the file is named. */
  type: string
  base64: string
  name: string
  bytes: number
}

export interface Thought {
  kind: 'thinking'
  text: string
  /** What must go back with the thought, word for word, to the dialect it came from. */
  seals: readonly Json[]
  sealedIn: Dialect
  began: number
  ended: number | null
}

export interface ToolCall {
  kind: 'call'
  id: string
  name: string
  /** The arguments as far as they have come; JSON when the call is whole. */
  json: string
}

export type Part = { kind: 'text'; text: string } | Thought | ToolCall

export interface ToolResult {
  call: string
  text: string
  failed: boolean
}

export interface Question {
  role: 'user'
  id: number
  text: string
  pictures: readonly Picture[]
  /** The results of the calls of the answer before. */
  results: readonly ToolResult[]
}

export type AnswerState = 'waiting' | 'coming' | 'done' | 'stopped' | 'failed'

export interface Usage {
  input: number | null
  output: number | null
  cacheRead: number | null
  cacheWrite: number | null
}

export interface AnswerFailure {
  message: string
  /** 0 when the failure came in the middle of a stream, or nobody answered. */
  status: number
  kind: string
  retryAfterS: number | null
}

export interface Answer {
  role: 'assistant'
  id: number
  dialect: Dialect
  model: string
  state: AnswerState
  parts: readonly Part[]
  stop: string | null
  usage: Usage | null
  failure: AnswerFailure | null
  /** Milliseconds since 1970, measured here. */
  sent: number
  first: number | null
  ended: number | null
  requestId: string
  losses: readonly string[]
}

export type Message = Question | Answer
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** What one event of a stream says. */
export type Step =
  | { step: 'text'; text: string }
  | { step: 'think'; text: string }
  | { step: 'seal'; seal: Json }
  | { step: 'call'; id: string; name: string }
  /** More arguments of the call with this number, counted from the first call of the answer. */
  | { step: 'argue'; call: number; json: string }
  | { step: 'stop'; reason: string }
  | { step: 'usage'; usage: Partial<Usage> }
  | { step: 'failed'; message: string; kind: string }
  /** The stream says that it is over. */
  | { step: 'over' }

export function waiting(id: number, dialect: Dialect, model: string, now: number): Answer {
  return { role: 'assistant', id, dialect, model, state: 'waiting', parts: [], stop: null, usage: null, failure: null, sent: now, first: null, ended: null, requestId: '', losses: [] }
}

const NOTHING: Usage = { input: null, output: null, cacheRead: null, cacheWrite: null }

/** The answer with this step added; the given one is left as it was. */
export function grow(answer: Answer, step: Step, now: number): Answer {
  switch (step.step) {
    case 'text':
      return step.text ? came(answer, now, added(answer.parts, step.text, now)) : answer
    case 'think':
      return step.text ? came(answer, now, thought(answer, (part) => ({ ...part, text: part.text + step.text }), now, (part) => part.seals.length > 0)) : answer
    case 'seal':
      return came(answer, now, thought(answer, (part) => ({ ...part, seals: [...part.seals, step.seal] }), now))
    case 'call':
      return came(answer, now, [...closed(answer.parts, now), { kind: 'call', id: step.id, name: step.name, json: '' }])
    case 'argue': {
      let left = step.call
      return { ...answer, parts: answer.parts.map((part) => (part.kind === 'call' && left-- === 0 ? { ...part, json: part.json + step.json } : part)) }
    }
    case 'stop':
      return { ...answer, stop: step.reason }
    case 'usage':
      return { ...answer, usage: { ...(answer.usage ?? NOTHING), ...step.usage } }
    case 'failed':
      return over(answer, 'failed', now, { message: step.message, status: 0, kind: step.kind, retryAfterS: null })
    case 'over':
      return over(answer, 'done', now)
  }
}

/** The answer, ended; one that has ended stays as it is. */
export function over(answer: Answer, state: 'done' | 'stopped' | 'failed', now: number, failure: AnswerFailure | null = null): Answer {
  return isOver(answer) ? answer : { ...answer, state, failure, ended: now, parts: closed(answer.parts, now) }
}

export const isOver = (answer: Answer): boolean => answer.state !== 'waiting' && answer.state !== 'coming'

/** The calls that wait for their results: those of a whole last answer. */
export function openCalls(messages: readonly Message[]): readonly ToolCall[] {
  const last = messages.at(-1)
  return last?.role === 'assistant' && last.state === 'done' ? last.parts.filter((part) => part.kind === 'call') : []
}

/** What of a conversation can be said again: a broken answer without its calls, which were never whole. */
export function sayable(messages: readonly Message[]): readonly Message[] {
  return messages
    .map((message): Message => (message.role === 'user' || message.state === 'done' ? message : { ...message, parts: message.parts.filter((part) => part.kind === 'text') }))
    .filter((message) => (message.role === 'user' ? message.text || message.pictures.length || message.results.length : message.parts.length))
}

function came(answer: Answer, now: number, parts: readonly Part[]): Answer {
  return { ...answer, parts, state: 'coming', first: answer.first ?? now }
}

function added(parts: readonly Part[], text: string, now: number): readonly Part[] {
  const last = parts.at(-1)
  return last?.kind === 'text' ? [...parts.slice(0, -1), { kind: 'text', text: last.text + text }] : [...closed(parts, now), { kind: 'text', text }]
}

/** A sealed thought takes no more words: the seal is of those before it. */
function thought(answer: Answer, change: (part: Thought) => Thought, now: number, full: (part: Thought) => boolean = () => false): readonly Part[] {
  const last = answer.parts.at(-1)
  if (last?.kind === 'thinking' && !full(last)) return [...answer.parts.slice(0, -1), change(last)]
  return [...closed(answer.parts, now), change({ kind: 'thinking', text: '', seals: [], sealedIn: answer.dialect, began: now, ended: null })]
}

/** A thought ends where something else begins. */
function closed(parts: readonly Part[], now: number): readonly Part[] {
  const last = parts.at(-1)
  return last?.kind === 'thinking' && last.ended === null ? [...parts.slice(0, -1), { ...last, ended: now }] : parts
}
