import { expect, test, vi } from 'vitest'

vi.mock('../../i18n', () => ({ addTexts: () => undefined, t: (key: string, named: Record<string, unknown>) => `${key} ${Object.values(named).join()}` }))

import { comingIn, refusal, reportOf } from './added'

const answer = { index: 1, result: 'already_here' as const, label: 'mine', fields: [], here_as: null, same_as: null }
const line = (index: number): string => `line ${index + 3}`

test('a refusal names each field, and what has none is said plainly', () => {
  const fields = [{ field: 'weight', message: 'too small' }, { field: '', message: 'not JSON' }]
  expect(reportOf({ ...answer, result: 'invalid', label: '', fields }, line, '…abcd')).toEqual({ place: 'line 4', result: 'invalid', label: '…abcd', words: 'weight: too small · not JSON' })
})

test('what is here already says as what, unless it is called the same', () => {
  expect(reportOf({ ...answer, here_as: 'theirs' }, line).words).toBe('accounts.hereAs theirs')
  expect(reportOf({ ...answer, here_as: 'mine' }, line).words).toBe('')
  expect(reportOf({ ...answer, same_as: 0 }, line).words).toBe('accounts.sameAs line 3')
})

test('what is new and what is replaced comes in', () => {
  const results = ['added', 'replaced', 'already_here'] as const
  expect(comingIn([...results.map((result) => reportOf({ ...answer, result }, line)), refusal('a', 'b', 'c')])).toBe(2)
})
