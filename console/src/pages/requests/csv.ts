/** Of one file: it is put together in the browser's memory. As many are counted beforehand (`/v2/logs/count`). */
export const MOST_ROWS = 100_000

/** Counts the rows of a CSV file while it arrives; a line end within quotes ends no row. */
export class RowCount {
  private quoted = false
  private lines = 0

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 0x22) this.quoted = !this.quoted
      else if (byte === 0x0a && !this.quoted) this.lines += 1
    }
  }

  /** Without the first one, which names the columns. */
  get rows(): number {
    return Math.max(this.lines - 1, 0)
  }
}

export interface Progress {
  rows: number
  bytes: number
}

/** The whole file; `told` again and again of what has come. */
export async function collect(body: ReadableStream<Uint8Array<ArrayBuffer>>, told: (progress: Progress) => void): Promise<{ file: Blob } & Progress> {
  const count = new RowCount()
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { file: new Blob(parts, { type: 'text/csv' }), rows: count.rows, bytes }
    parts.push(value)
    count.take(value)
    bytes += value.byteLength
    told({ rows: count.rows, bytes })
  }
}
