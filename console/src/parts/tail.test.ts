import { expect, test } from 'vitest'

import { waitAfter } from './tail'

test('who is refused asks less and less often, but at least every minute', () => {
  expect(waitAfter(0, 0.5)).toBe(1000)
  expect(waitAfter(3, 0.5)).toBe(8000)
  expect(waitAfter(40, 1)).toBe(37_500)
})

test('many that lose the gateway together do not come back together', () => {
  expect(waitAfter(2, 0)).toBeLessThan(waitAfter(2, 0.9))
})
