/** Until when something is to be good. A span counts from the moment it is saved, not from when it was chosen. */
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
export const SPANS = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS, quarter: 90 * DAY_MS, year: 365 * DAY_MS } as const
export type Span = keyof typeof SPANS

export interface Expiry {
  ends: 'never' | 'at' | Span
  /** The time at the wall, as the browser's field writes it; counts with `at`. */
  at: string
}

export const isSpan = (text: string): text is Span => Object.hasOwn(SPANS, text)
/** Whether it says when: a time of one's own must be written and still to come. */
export const isSaid = (expiry: Expiry, now: number): boolean => expiry.ends !== 'at' || Date.parse(expiry.at) > now

/** As the API wants it: null for never. */
export function expiresAt(expiry: Expiry, now: number): string | null {
  if (isSpan(expiry.ends)) return new Date(now + SPANS[expiry.ends]).toISOString()
  return expiry.ends === 'at' ? new Date(expiry.at).toISOString() : null
}
