import { expect, test } from 'vitest'

import { before, DAY, everyUnit, HOUR, minutesOf, spanOf } from './range'

const NOW = Date.parse('2026-11-21T09:40:00Z')
const at = (text: string): number => Date.parse(text)

test('a time begins with a whole hour, a long one with a whole day', () => {
  expect(spanOf('hour', NOW)).toEqual({ since: at('2026-11-21T08:00:00Z'), until: null, unit: 'hour' })
  expect(spanOf('week', NOW)).toEqual({ since: at('2026-11-14T09:00:00Z'), until: null, unit: 'hour' })
  expect(spanOf('month', NOW)).toEqual({ since: at('2026-10-22T00:00:00Z'), until: null, unit: 'day' })
})

test('an own time is widened to whole hours, and open when it reaches now', () => {
  expect(spanOf('custom', NOW, '2026-11-20T10:20:00Z', '2026-11-20T12:00:00Z')).toEqual({ since: at('2026-11-20T10:00:00Z'), until: at('2026-11-20T12:00:00Z'), unit: 'hour' })
  expect(spanOf('custom', NOW, '2026-11-20T10:20:00Z', '2027-01-01T00:00:00Z').until).toBeNull()
  expect(spanOf('custom', NOW, '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z').unit, 'hours of June are gone').toBe('day')
})

test.each([['custom', '', ''], ['custom', '2026-11-20T10:00:00Z', '2026-11-19T10:00:00Z'], ['custom', '2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z'], ['nonsense', '', '']])(
  'what makes no time is the last day: %s %s %s',
  (choice, from, until) => expect(spanOf(choice, NOW, from, until)).toEqual(spanOf('day', NOW)),
)

test('the time before is as long, and stays the same within an hour', () => {
  const day = spanOf('day', NOW)
  expect(before(day, NOW)).toEqual({ since: day.since - 25 * HOUR, until: day.since, unit: 'hour' })
  expect(before(day, NOW + 60_000)).toEqual(before(day, NOW))
  expect(before({ since: NOW - 300 * DAY, until: null, unit: 'day' }, NOW)).toBeNull()
})

test('hours without requests are drawn as such', () => {
  const span = { since: at('2026-11-21T06:00:00Z'), until: null, unit: 'hour' as const }
  const drawn = everyUnit(span, NOW, new Map([[at('2026-11-21T08:00:00Z'), 7]]))
  expect(drawn.map((each) => each.value)).toEqual([undefined, undefined, 7, undefined])
  expect(minutesOf(span, NOW)).toBe(180)
  expect(minutesOf(spanOf('hour', NOW), NOW)).toBe(100)
})
