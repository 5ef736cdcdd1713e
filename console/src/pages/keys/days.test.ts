import { expect, test } from 'vitest'

import { daysOf } from './days'

test('days without use are there, too, and those before are not', () => {
  const now = Date.parse('2026-03-01T23:59:00Z')
  const first = { day: '2026-02-28', requests: 4 }
  expect(daysOf([{ day: '2026-01-01', requests: 9 }, first], 3, now)).toEqual([
    { day: '2026-02-27', use: null },
    { day: '2026-02-28', use: first },
    { day: '2026-03-01', use: null },
  ])
})
