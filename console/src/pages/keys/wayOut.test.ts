import { expect, test } from 'vitest'

import { wayOut } from './wayOut'

test.each([[401, 'key'], [403, 'forbidden'], [404, 'model'], [400, 'model'], [429, 'limit'], [503, 'source'], [502, 'upstream'], [0, 'upstream'], [413, null]])('%i: %s', (status, way) => {
  expect(wayOut({ status, kind: 'error' })).toBe(way)
})

test('a gateway that does not answer has no account to look at', () => {
  expect(wayOut({ status: 0, kind: 'unreachable' })).toBeNull()
})
