import { expect, test } from 'vitest'

import { bodyOf, formOf } from './pricing'

const PRICE = { input: 3, output: 15, cache_read: 0.3, cache_write_5m: null, cache_write_1h: null, web_search: 10, above: [{ tokens: 200_000, input: 6, output: 22.5 }], note: null }

test('a price goes through the form unchanged', () => {
  expect(bodyOf(formOf(PRICE))).toEqual(PRICE)
})

test('what is left out is null, not nought', () => {
  const form = formOf()
  form.figures.input = ' $0 '
  expect(bodyOf(form)).toMatchObject({ input: 0, output: null, cache_read: null, above: [], note: null })
})

test('steps must be a list, and words are left to the gateway', () => {
  expect(() => bodyOf({ ...formOf(), above: '{}' })).toThrow(SyntaxError)
  expect(bodyOf({ ...formOf(), figures: { ...formOf().figures, input: 'cheap' } }).input).toBe('cheap')
})
