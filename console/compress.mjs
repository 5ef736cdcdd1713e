// Puts a .br and a .gz beside each text file of a built console, so that the gateway only has to choose one.
// Usage: node compress.mjs FOLDER

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const TEXT = /\.(css|html|js|json|mjs|svg|txt|webmanifest)$/
// Below this, a compressed file fits into the same packet as the plain one.
const LEAST_BYTES = 1024

const folder = process.argv[2]
if (!folder) throw new Error('usage: node compress.mjs FOLDER')

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue
  const path = join(entry.parentPath, entry.name)
  const plain = readFileSync(path)
  if (plain.length < LEAST_BYTES) continue
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length }
  writeFileSync(`${path}.br`, brotliCompressSync(plain, { params }))
  writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
}
