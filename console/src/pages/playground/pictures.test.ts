import { expect, test } from 'vitest'

import { base64Of, kindOf, LARGEST, pictureOf } from './pictures'

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]

test.each([
  [PNG, 'image/png'],
  [[0xff, 0xd8, 0xff, 0xe0], 'image/jpeg'],
  [[...'GIF89a'].map((letter) => letter.charCodeAt(0)), 'image/gif'],
  [[...'RIFFxxxxWEBP'].map((letter) => letter.charCodeAt(0)), 'image/webp'],
  [[...'<svg onload=alert(1)>'].map((letter) => letter.charCodeAt(0)), null],
  [[], null],
])('the bytes tell the kind', (bytes, kind) => {
  expect(kindOf(new Uint8Array(bytes))).toBe(kind)
})

test('base64 of more bytes than one call takes', () => {
  const bytes = new Uint8Array(100_000).map((_, index) => index)
  expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString('base64'))
})

test('the name of a file is not believed', async () => {
  expect(await pictureOf(new File([new Uint8Array(PNG)], 'a.txt', { type: 'text/plain' }))).toMatchObject({ type: 'image/png', name: 'a.txt', bytes: 9 })
  expect(await pictureOf(new File(['<svg/>'], 'a.png', { type: 'image/png' }))).toBe('kind')
  expect(await pictureOf(new File([new Uint8Array(LARGEST + 1)], 'a.png'))).toBe('large')
})
