import { expect, test } from 'vitest'

import { byDefault, read, same, stillChanges, takenBack, valueAfter, withValue, written } from './changes'

const DAYS = { name: 'request_log.retention_days', kind: 'duration', value: 7, configured: 60, default: 30, changed: true, optional: false }
const PLAIN = { ...DAYS, name: 'cache.ttl_s', value: 30, configured: 30, changed: false }

test('what is as it was is no change', () => {
  expect(withValue({}, DAYS, 8)).toEqual({ [DAYS.name]: 8 })
  expect(withValue({ [DAYS.name]: 8 }, DAYS, 7)).toEqual({})
})

test('taking back is a change only of what is stored', () => {
  expect(takenBack({}, DAYS)).toEqual({ [DAYS.name]: null })
  expect(takenBack({ [PLAIN.name]: 5 }, PLAIN)).toEqual({})
  expect(valueAfter({ [DAYS.name]: null }, DAYS)).toBe(60)
})

test('the default is written down only against the file', () => {
  expect(byDefault({}, DAYS)).toEqual({ [DAYS.name]: 30 })
  expect(byDefault({ [PLAIN.name]: 5 }, PLAIN)).toEqual({})
  expect(byDefault({}, { ...PLAIN, default: null })).toEqual({})
})

test('after saving, what was saved is no change any more', () => {
  const saved = { ...DAYS, value: 8 }
  expect(stillChanges({ [DAYS.name]: 8, [PLAIN.name]: 5, gone: 1 }, [saved, PLAIN])).toEqual({ [PLAIN.name]: 5 })
  expect(stillChanges({ [DAYS.name]: null }, [{ ...DAYS, value: 60, changed: false }])).toEqual({})
})

test('numbers are read as numbers, and what is none is left to the gateway', () => {
  expect(read({ kind: 'int', optional: false }, ' 12 ')).toBe(12)
  expect(read({ kind: 'float', optional: false }, '0.5')).toBe(0.5)
  expect(read({ kind: 'int', optional: false }, 'many')).toBe('many')
  expect(read({ kind: 'int', optional: false }, '')).toBe('')
  expect(read({ kind: 'int', optional: true }, '')).toBeNull()
  expect(read({ kind: 'text', optional: false }, '12')).toBe('12')
})

test('values are compared by what they say', () => {
  expect(same({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
  expect(same(['a', 'b'], ['b', 'a'])).toBe(false)
  expect([written(null), written(5), written({ a: 'b' })]).toEqual(['', '5', '{\n  "a": "b"\n}'])
})
