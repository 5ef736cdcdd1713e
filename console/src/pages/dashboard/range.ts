/** The time the figures are of. The gateway adds up by whole hours and days of UTC, so they begin with one. */

export const CHOICES = ['hour', 'day', 'week', 'month', 'custom'] as const
export type Choice = (typeof CHOICES)[number]
export interface Span {
  /** Milliseconds since 1970, at the beginning of an hour or day. */
  since: number
  /** Null: up to now, whenever that is. */
  until: number | null
  unit: 'hour' | 'day'
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** The gateway keeps its sums by the hour for 62 days, those by the day for 400. */
const HOURS_KEPT = 62 * DAY
const DAYS_KEPT = 400 * DAY
const MOST_HOURS = 8 * DAY
const LENGTHS = { hour: HOUR, day: DAY, week: 7 * DAY, month: 30 * DAY } as const

const sizeOf = (unit: Span['unit']): number => (unit === 'hour' ? HOUR : DAY)
const begin = (at: number, unit: Span['unit']): number => at - (at % sizeOf(unit))

/** What was chosen; the last day where the two ends of an own choice are missing or make no time. */
export function spanOf(choice: string, now: number, from?: string, until?: string): Span {
  if (choice === 'custom') {
    const [since, end] = [Date.parse(from ?? ''), Date.parse(until ?? '')]
    if (since < end && since < now && since > now - DAYS_KEPT) return own(since, end, now)
  }
  const length = LENGTHS[choice as keyof typeof LENGTHS] ?? DAY
  const unit = length > MOST_HOURS ? 'day' : 'hour'
  return { since: begin(now - length, unit), until: null, unit }
}

function own(since: number, end: number, now: number): Span {
  const unit = end - since > MOST_HOURS || since < now - HOURS_KEPT + DAY ? 'day' : 'hour'
  return { since: begin(since, unit), until: end > now ? null : begin(end - 1, unit) + sizeOf(unit), unit }
}

/** The time before, as long as this one; null where the gateway no longer knows it. */
export function before({ since, until, unit }: Span, now: number): Span | null {
  const size = sizeOf(unit)
  const length = Math.ceil(((until ?? now) - since) / size) * size
  const earlier = { since: since - length, until: since, unit }
  return earlier.since < now - (unit === 'hour' ? HOURS_KEPT : DAYS_KEPT) ? null : earlier
}

/** How many minutes have begun since then, as far as the gateway tells single ones. */
export const minutesOf = ({ since }: Span, now: number): number => Math.min(Math.max(Math.ceil((now - since) / MINUTE), 1), 180)

/** Every hour or day of the span with what is known of it, up to now. */
export function everyUnit<T>({ since, until, unit }: Span, now: number, known: ReadonlyMap<number, T>): { at: number; value: T | undefined }[] {
  const all: { at: number; value: T | undefined }[] = []
  for (let at = since; at < (until ?? now); at += sizeOf(unit)) all.push({ at, value: known.get(at) })
  return all
}
