import type { components } from './schema'

export type FieldProblem = components['schemas']['FieldError']

/** What the gateway refused, in its own words; `status` 0 when it could not be reached. */
export class Failure extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string = 'unreachable',
    readonly fields: readonly FieldProblem[] = [],
    readonly requestId: string = '',
    /** Seconds to wait before the next attempt, when the gateway said so. */
    readonly retryAfterS: number | null = null,
  ) {
    super(message)
    this.name = 'Failure'
  }
}

/** Reads the one shape of failures; a proxy in between may answer with anything. */
export async function failureOf(response: Response): Promise<Failure> {
  const said: unknown = await response.json().catch(() => null)
  const error = (said as { error?: components['schemas']['ErrorBody'] } | null)?.error
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new Failure(
    error?.message ?? `${response.status} ${response.statusText}`.trim(),
    response.status,
    error?.code ?? 'failed',
    error?.fields ?? [],
    error?.request_id ?? response.headers.get('x-request-id') ?? '',
    Number.isFinite(wait) ? wait : null,
  )
}
