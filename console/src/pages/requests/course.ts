/** How one request went, from its row in the log: where its time went, what was lost. */
import type { LogDetail, LogRow } from '../../api/types'

export type Timeline = LogDetail['timeline']
export type Span = Timeline['spans'][number]

/** `waiting` is for the first token of an answer, or for all of one that comes in one piece. */
export const STRETCHES = ['gateway', 'queue', 'failed', 'waiting', 'answering'] as const
export interface Stretch {
  what: (typeof STRETCHES)[number]
  tookMs: number
  /** Of the whole, 0 to 1. */
  from: number
  share: number
}

/** An attempt that did not come to its end by its own fault. */
export const hasFailed = ({ outcome }: Span): boolean => outcome !== null && outcome !== 'answered' && outcome !== 'client_left'

/**
 * The request as stretches that follow each other, to scale. Empty where the log does not say when its several attempts began:
 * nothing is drawn that nobody knows.
 */
export function stretchesOf({ spans, starts_known, first_token_ms, duration_ms }: Timeline): Stretch[] {
  const known = starts_known ? spans : spans.length === 1 ? spans.map((each) => ({ ...each, start_ms: 0, length_ms: duration_ms })) : []
  const stretches: Stretch[] = []

  /** An attempt that took no time is drawn all the same. */
  function lay(what: Stretch['what'], from: number, until: number): void {
    const [start, end] = [from, until].map((each) => Math.min(Math.max(each, 0), duration_ms)) as [number, number]
    if (end > start || what === 'failed') stretches.push({ what, tookMs: end - start, from: duration_ms ? start / duration_ms : 0, share: duration_ms ? (end - start) / duration_ms : 0 })
  }

  for (const each of known) {
    const from = each.start_ms ?? 0
    const until = from + (each.length_ms ?? 0)
    if (each.kind !== 'attempt') lay(each.kind, from, until)
    else if (hasFailed(each)) lay('failed', from, until)
    else {
      const first = Math.min(Math.max(first_token_ms ?? until, from), until)
      lay('waiting', from, first)
      lay('answering', first, until)
    }
  }
  return stretches
}

/** Output per second since the first token; null where it cannot be told, as for an answer that came at once. */
export function tokensPerSecond(row: Pick<LogRow, 'output_tokens' | 'first_token_ms' | 'duration_ms'>): number | null {
  if (!row.output_tokens || row.first_token_ms === null) return null
  const ms = row.duration_ms - row.first_token_ms
  return ms < 100 ? null : (row.output_tokens / ms) * 1000
}

export interface Loss {
  field: string
  action: string | null
  detail: string
}

/** `temperature=dropped(not supported)`; a text in other words is a field without an action. */
export function lossIn(text: string): Loss {
  const found = /^(.+?)=([a-z]+)(?:\((.*)\))?$/s.exec(text)
  return found ? { field: found[1]!, action: found[2]!, detail: found[3] ?? '' } : { field: text, action: null, detail: '' }
}

/** How it ended, for a colour and a sign. */
export function lookOf(row: Pick<LogRow, 'succeeded' | 'client_left' | 'status'>): 'good' | 'off' | 'resting' | 'bad' {
  if (row.succeeded) return 'good'
  if (row.client_left) return 'off'
  return row.status === 429 ? 'resting' : 'bad'
}
