import { beforeEach, expect, test, vi } from 'vitest'

import { fieldWords, refusalWords } from './refusals'

const spoken = vi.hoisted(() => ({ language: 'zh' }))
vi.mock('./index', () => ({ language: () => spoken.language }))
beforeEach(() => { spoken.language = 'zh' })

test.each([
  ['Field required', '必填'],
  ['Input should be greater than or equal to 0', '不能小于 0'],
  ['Input should be less than 65536', '必须小于 65536'],
  ['String should have at least 1 character', '至少需要 1 个字符'],
  ['needs at least 12 characters', '至少需要 12 个字符'],
  ['may have 200 characters at most', '最多 200 个字符'],
  ["String should match pattern '^[a-z]+$'", '格式应为 ^[a-z]+$'],
  ['Input should be a valid integer, unable to parse string as an integer', '应为整数'],
  ["Input should be 'admin', 'viewer' or 'holder'", "应为 'admin'、'viewer' 或 'holder'"],
  ['there is no such field here', '没有这个字段'],
])('%s', (said, chinese) => {
  expect(fieldWords(said)).toBe(chinese)
})

test('what is not known is shown as it came', () => {
  expect(fieldWords("no provider 'x': add it under Providers")).toBe("no provider 'x': add it under Providers")
  expect(refusalWords('conflict', "a key 'ci' is there")).toBe("与现有内容冲突：a key 'ci' is there")
  expect(refusalWords('of another program', 'said')).toBe('said')
})

test('in English nothing is changed', () => {
  spoken.language = 'en'
  expect(fieldWords('Field required')).toBe('Field required')
  expect(refusalWords('invalid', 'the request is not valid: see name')).toBe('the request is not valid: see name')
})
