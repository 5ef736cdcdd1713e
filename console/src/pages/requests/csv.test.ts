import { expect, test } from 'vitest'

import { collect, RowCount, type Progress } from './csv'

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

test('rows are counted without the heading, wherever the network cuts', () => {
  for (const text of ['a,b\r\n1,2\r\n3,4\r\n', 'a,b\n"one\ntwo, ""three""\n",2\n3,4\n']) {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const count = new RowCount()
      count.take(bytes(text.slice(0, cut)))
      count.take(bytes(text.slice(cut)))
      expect(count.rows).toBe(2)
    }
  }
  expect(new RowCount().rows).toBe(0)
})

test('the file is what came, and its progress is told', async () => {
  const told: Progress[] = []
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({ start(stream) { stream.enqueue(bytes('a\n')); stream.enqueue(bytes('1\n2\n')); stream.close() } })
  const { file, rows } = await collect(body, (progress) => told.push(progress))
  expect(await file.text()).toBe('a\n1\n2\n')
  expect(rows).toBe(2)
  expect(told.at(-1)).toEqual({ rows: 2, bytes: 6 })
})
