import { afterEach, expect, test, vi } from 'vitest'

const spoken = vi.hoisted(() => ({ language: 'en' }))
vi.mock('../../i18n', () => ({ language: () => spoken.language }))

import { KINDS, ofAction, ofError, ofLoss } from './explanations'

afterEach(() => { spoken.language = 'en' })

test('a failure says what happened and what to do, in the language that is chosen', () => {
  expect(KINDS).toContain('rate_limit')
  expect(ofError('rate_limit')?.do).toMatch(/add accounts/)
  spoken.language = 'zh'
  expect(ofError('rate_limit')?.do).toMatch(/添加账号/)
  expect(ofError('of a later version')).toBeUndefined()
})

test('a loss is explained by its name, else by how that begins, else in general', () => {
  expect(ofLoss('temperature').what).toMatch(/how freely/i)
  expect(ofLoss('tools.strict')).not.toEqual(ofLoss('tools.web_search_20250305'))
  expect(ofLoss('tools.web_search_20250305').what).toMatch(/runs itself/)
  expect(ofLoss('logit_bias')).toEqual(ofLoss('container_upload'))
  expect(ofAction('dropped')?.name).toBe('dropped')
})
