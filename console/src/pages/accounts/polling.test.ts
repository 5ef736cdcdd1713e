import { expect, test } from 'vitest'

import { openable, waitMs } from './polling'

const now = Date.parse('2026-11-21T10:00:00.000Z')

test.each([
  ['2026-11-21T10:00:03.000Z', 3000],
  ['2026-11-21T09:00:00.000Z', 500],
  ['2026-11-21T12:00:00.000Z', 5500],
])('due at %s: in %s ms', (next_poll_at, ms) => {
  expect(waitMs({ next_poll_at, interval_s: 5 }, now)).toBe(ms)
})

test('only pages are opened', () => {
  expect(openable('https://device.sso/x')).toBe('https://device.sso/x')
  expect(openable('javascript:alert(1)')).toBeUndefined()
})
