/**
 * `/v2`, typed by the gateway's own OpenAPI document (`schema.d.ts`, refreshed by `make console-types`).
 *
 *     const page = await api.get('/v2/accounts', { query: { provider: 'kiro' } })
 *     await api.patch('/v2/accounts/{id}', { path: { id }, body: { enabled: false } })
 *
 * Answers are the documented JSON; anything else is thrown as a `Failure`.
 */
import { Failure, failureOf } from './failure'
import type { paths } from './schema'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type PathsWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: object } ? P : never }[keyof paths]
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>
type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined
type Good<R> = R extends Record<200, infer A> ? Json<A> : R extends Record<201, infer A> ? Json<A> : R extends Record<202, infer A> ? Json<A> : undefined

export type Answer<P extends keyof paths, M extends Method> = Operation<P, M> extends { responses: infer R } ? Good<R> : never
type PathOf<O> = O extends { parameters: { path: infer T } } ? { path: T } : { path?: undefined }
type QueryOf<O> = O extends { parameters: { query?: infer T } } ? { query?: T } : { query?: undefined }
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer T } } }
  ? { body: T }
  : O extends { requestBody?: { content: { 'application/json': infer T } } }
    ? { body?: T }
    : { body?: undefined }
export type Asked<P extends keyof paths, M extends Method> = PathOf<Operation<P, M>> &
  QueryOf<Operation<P, M>> &
  BodyOf<Operation<P, M>> & { signal?: AbortSignal }
type Rest<P extends keyof paths, M extends Method> = object extends Asked<P, M> ? [asked?: Asked<P, M>] : [asked: Asked<P, M>]

let lost: () => void = () => undefined

/** `then` is called when the gateway no longer knows this session. */
export function onSessionLost(then: () => void): void {
  lost = then
}

/** An address below the gateway, with what the template names filled in and empty filters left out. */
export function address(template: string, path?: object, query?: object): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((path as Record<string, unknown>)[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== '') search.append(name, String(each))
    }
  }
  return search.size ? `${filled}?${search}` : filled
}

/** A request with the session's cookie. Throws a `Failure` unless it is answered well. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, { credentials: 'same-origin', ...init }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Failure('the gateway does not answer', 0)
  })
  if (response.ok) return response
  if (response.status === 401 && !url.startsWith('/v2/sign-in') && !url.startsWith('/v2/setup')) lost()
  throw await failureOf(response)
}

async function ask(method: Method, template: string, asked: { path?: object; query?: object; body?: unknown; signal?: AbortSignal } = {}): Promise<unknown> {
  const { path, query, body, signal } = asked
  const carries = body !== undefined
  const response = await send(address(template, path, query), {
    method: method.toUpperCase(),
    signal,
    ...(carries && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  const text = await response.text()
  return text ? JSON.parse(text) : undefined
}

export const api = {
  get: <P extends PathsWith<'get'>>(path: P, ...[asked]: Rest<P, 'get'>) => ask('get', path, asked) as Promise<Answer<P, 'get'>>,
  post: <P extends PathsWith<'post'>>(path: P, ...[asked]: Rest<P, 'post'>) => ask('post', path, asked) as Promise<Answer<P, 'post'>>,
  put: <P extends PathsWith<'put'>>(path: P, ...[asked]: Rest<P, 'put'>) => ask('put', path, asked) as Promise<Answer<P, 'put'>>,
  patch: <P extends PathsWith<'patch'>>(path: P, ...[asked]: Rest<P, 'patch'>) => ask('patch', path, asked) as Promise<Answer<P, 'patch'>>,
  delete: <P extends PathsWith<'delete'>>(path: P, ...[asked]: Rest<P, 'delete'>) => ask('delete', path, asked) as Promise<Answer<P, 'delete'>>,
}
