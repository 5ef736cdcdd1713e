/** Which requests are wanted: as the address says it, and as the API is asked. */
import type { Asked } from '../../api/client'

export type LogQuery = NonNullable<Asked<'/v2/logs', 'get'>['query']>

/** Names in the address; each holds a text, empty when it asks nothing. */
export const NAMES = ['text', 'range', 'since', 'until', 'status', 'provider', 'model', 'key', 'account', 'client', 'error', 'streamed', 'lossy', 'slower', 'firstSlower'] as const
export type Name = (typeof NAMES)[number]
export type Chosen = Record<Name, string>

const HOUR_MS = 3_600_000
/** The longest that the log can hold. */
export const LONGEST_S = 2_147_483
export const RANGES = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const
export type Range = keyof typeof RANGES
export const STATUSES = ['ok', 'failed', '4xx', '5xx', '429'] as const

export const isRange = (text: string): text is Range => text in RANGES
/** Where the address says nothing of use, nothing is asked. */
const yesOrNo = (text: string): boolean | undefined => (text === 'yes' ? true : text === 'no' ? false : undefined)

export function statusQuery(status: string): Pick<LogQuery, 'succeeded' | 'status' | 'status_class'> {
  if (status === 'ok') return { succeeded: true }
  if (status === 'failed') return { succeeded: false }
  if (/^[2-5]xx$/.test(status)) return { status_class: status as LogQuery['status_class'] }
  return /^[1-5]\d\d$/.test(status) ? { status: Number(status) } : {}
}

/** Seconds, as people write them, in milliseconds. */
export function lengthOf(text: string): number | undefined {
  const seconds = text.trim() === '' ? Number.NaN : Number(text)
  return seconds >= 0 && seconds <= LONGEST_S ? Math.round(seconds * 1000) : undefined
}

/** A range counts from now; written out times count where there is none. */
export function queryOf(chosen: Chosen, now: number): LogQuery {
  const query: LogQuery = {
    ...statusQuery(chosen.status),
    text: chosen.text,
    since: isRange(chosen.range) ? new Date(now - RANGES[chosen.range]).toISOString() : chosen.since,
    until: isRange(chosen.range) ? undefined : chosen.until,
    provider: chosen.provider,
    model: chosen.model,
    key_id: chosen.key,
    account_id: chosen.account,
    client: chosen.client,
    error: chosen.error,
    streamed: yesOrNo(chosen.streamed),
    lossy: yesOrNo(chosen.lossy),
    slower_than_ms: lengthOf(chosen.slower),
    first_token_slower_than_ms: lengthOf(chosen.firstSlower),
  }
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== '')) as LogQuery
}

/** What a request must meet that is only just ending: the same without times. */
export function tailQueryOf(chosen: Chosen): LogQuery {
  return queryOf({ ...chosen, range: '', since: '', until: '' }, 0)
}

/** `2026-11-21T09:30` of a field, which is the time at the wall, from a text of the address; and back. */
export function wallTime(text: string): string {
  const at = Date.parse(text)
  if (Number.isNaN(at)) return ''
  const shift = new Date(at).getTimezoneOffset() * 60_000
  return new Date(at - shift).toISOString().slice(0, 16)
}

export function ofWallTime(text: string): string {
  const at = Date.parse(text)
  return Number.isNaN(at) ? '' : new Date(at).toISOString()
}
