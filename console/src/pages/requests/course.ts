/** How one request went, from its row in the log: what was waited for, who was asked, what was lost. */
import type { LogRow } from '../../api/types'

export interface Attempt {
  account: string
  /** Class of the failure; null when it answered. */
  error: string | null
  status: number | null
  tookMs: number
}

/** `ACCOUNT answered after 12 ms`, `ACCOUNT rate_limit (429) after 12 ms`; null for a text in other words. */
export function attemptIn(text: string): Attempt | null {
  const found = /^(\S+) (?:answered|(\w+)(?: \((\d+)\))?) after (\d+) ms$/.exec(text)
  if (!found) return null
  const [, account, error, status, took] = found
  return { account: account!, error: error ?? null, status: status ? Number(status) : null, tookMs: Number(took) }
}

export interface Stretch {
  what: 'waiting' | 'failed' | 'answering'
  fromMs: number
  tookMs: number
  /** Of the whole, 0 to 1. */
  from: number
  share: number
  attempt?: Attempt
}

/**
 * The request as stretches that follow each other. The log keeps how long each attempt took, not when it began:
 * they are laid end to end so that the last one ends with the request. What remains before them is waiting.
 */
export function stretchesOf(row: Pick<LogRow, 'attempt_list' | 'first_token_ms' | 'duration_ms' | 'succeeded'>): Stretch[] {
  const whole = Math.max(row.duration_ms, 0)
  const attempts = row.attempt_list.map(attemptIn).filter((each) => each !== null)
  const sum = attempts.reduce((all, each) => all + each.tookMs, 0)
  const stretches: Stretch[] = []
  let at = 0

  function lay(what: Stretch['what'], until: number, attempt?: Attempt): void {
    const end = Math.min(Math.max(until, at), whole)
    if (end > at || attempt) stretches.push({ what, fromMs: at, tookMs: end - at, from: whole ? at / whole : 0, share: whole ? (end - at) / whole : 0, ...(attempt && { attempt }) })
    at = end
  }

  lay('waiting', Math.max(whole - sum, 0) * Number(attempts.length > 0))
  for (const attempt of attempts) if (attempt.error !== null) lay('failed', at + attempt.tookMs, attempt)
  const last = attempts.at(-1)
  if (last === undefined || last.error === null) {
    lay('waiting', row.first_token_ms ?? whole)
    lay('answering', whole)
  }
  return stretches
}

/** Output per second since the first token; null where it cannot be told, as for an answer that came at once. */
export function tokensPerSecond(row: Pick<LogRow, 'output_tokens' | 'first_token_ms' | 'duration_ms'>): number | null {
  if (!row.output_tokens || row.first_token_ms === null) return null
  const ms = row.duration_ms - row.first_token_ms
  return ms < 100 ? null : (row.output_tokens / ms) * 1000
}

export const ACTIONS = ['dropped', 'clamped', 'converted', 'emulated', 'replaced'] as const
export interface Loss {
  field: string
  action: (typeof ACTIONS)[number] | null
  detail: string
}

/** `temperature=dropped(not supported)`; a text in other words is a field without an action. */
export function lossIn(text: string): Loss {
  const found = /^(.+?)=(dropped|clamped|converted|emulated|replaced)(?:\((.*)\))?$/s.exec(text)
  if (!found) return { field: text, action: null, detail: '' }
  return { field: found[1]!, action: found[2] as Loss['action'], detail: found[3] ?? '' }
}

/** How it ended, for a colour and a sign. */
export function lookOf(row: Pick<LogRow, 'succeeded' | 'client_left' | 'status'>): 'good' | 'off' | 'resting' | 'bad' {
  if (row.succeeded) return 'good'
  if (row.client_left) return 'off'
  return row.status === 429 ? 'resting' : 'bad'
}
