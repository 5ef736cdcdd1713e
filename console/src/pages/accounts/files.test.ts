import { expect, test } from 'vitest'

import { readFile } from './files'

test('our own export is known by its format', async () => {
  const held = { format: 'isthmus-accounts', version: 1, accounts: [] }
  expect(await readFile(new File([JSON.stringify(held)], 'a.json'))).toEqual({ name: 'a.json', what: 'export', file: held })
})

test('other text is a token file, whatever is in it', async () => {
  expect(await readFile(new File(['{"refreshToken": "x"}'], 'kiro.json'))).toEqual({ name: 'kiro.json', what: 'tokens', file: { name: 'kiro.json', text: '{"refreshToken": "x"}' } })
  expect(await readFile(new File(['null'], 'n.json'))).toMatchObject({ what: 'tokens' })
})

test('a database travels in base64, byte for byte', async () => {
  const bytes = new Uint8Array(70_000).map((_, at) => at % 256)
  const read = await readFile(new File([bytes], 'data.sqlite3'))
  if (read.what !== 'tokens') throw new Error('taken for an export')
  expect(Uint8Array.from(atob(read.file.base64 ?? ''), (each) => each.charCodeAt(0))).toEqual(bytes)
})
