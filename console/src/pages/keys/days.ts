/** The days of a span, one by one: the gateway tells of those with any use. */

export interface Used {
  day: string
  requests: number
}

const DAY_MS = 86_400_000

/** `length` days up to today (UTC), the first one first; null where nothing was used. */
export function daysOf<T extends Used>(items: readonly T[], length: number, now: number): { day: string; use: T | null }[] {
  const found = new Map(items.map((each) => [each.day, each]))
  return Array.from({ length }, (_, at) => {
    const day = new Date(now - (length - 1 - at) * DAY_MS).toISOString().slice(0, 10)
    return { day, use: found.get(day) ?? null }
  })
}
