import { expect, it } from 'vitest'

import { everyPage } from './everyPage'

it('asks on until there is no more', async () => {
  const asked: (string | undefined)[] = []
  const pages: Record<string, { items: number[]; next_cursor: string | null }> = { '': { items: [1, 2], next_cursor: 'b' }, b: { items: [3], next_cursor: null } }
  const found = await everyPage(async (cursor) => {
    asked.push(cursor)
    return pages[cursor ?? '']!
  })
  expect(found).toEqual([1, 2, 3])
  expect(asked).toEqual([undefined, 'b'])
})
