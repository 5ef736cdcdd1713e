/** The conversation, which stays while one looks at another page, and is gone with the tab or the session. */
import { useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'

import { useSession } from '../../session'
import { asking, exchange, type Asking, type Frame } from './exchange'
import { useKey } from './key'
import { DEFAULTS, problemsOf, type Parameters } from './parameters'
import { openCalls, waiting, type Answer, type Message, type Picture, type Question, type ToolResult } from './talk'

/** More events are counted, but not kept. */
export const MOST_FRAMES = 5000
/** Of older answers the events are forgotten. */
const MOST_RECORDS = 20
/** A page that is not seen draws no frames. */
const UNSEEN_MS = 250

/** What was sent for an answer, and what came. */
export interface Record {
  asked: Asking
  frames: Frame[]
  dropped: number
}

export const usePlayground = defineStore('playground', () => {
  const session = useSession()
  const key = useKey()
  // Of the browser's users each has their own.
  const whose = (what: string) => `isthmus.playground.${what}.${session.me?.id ?? 'nobody'}`
  const parameters = useStorage<Parameters>(() => whose('parameters'), { ...DEFAULTS }, localStorage, { mergeDefaults: true })
  const model = useStorage(() => whose('model'), '')
  const messages = shallowRef<readonly Message[]>([])
  const records = shallowRef<ReadonlyMap<number, Record>>(new Map())
  const draft = reactive({ text: '', pictures: [] as Picture[], results: {} as { [call: string]: ToolResult } })
  const running = shallowRef<AbortController | null>(null)
  /** The answer that is looked at more closely. */
  const chosen = ref<number | null>(null)
  let next = 1

  const calls = computed(() => openCalls(messages.value))
  const problems = computed(() => problemsOf(parameters.value))
  const mayAsk = computed(() => running.value === null && model.value.trim() !== '' && Object.keys(problems.value).length === 0)
  const maySend = computed(() => mayAsk.value && (draft.text.trim() !== '' || draft.pictures.length > 0 || calls.value.length > 0))
  const drafted = computed<readonly Message[]>(() => (draft.text.trim() || draft.pictures.length || calls.value.length ? [...messages.value, question()] : messages.value))
  const upcoming = computed(() => asking(model.value.trim(), drafted.value, parameters.value))
  const looked = computed(() => messages.value.find((message): message is Answer => message.id === chosen.value && message.role === 'assistant') ?? null)
  const record = computed(() => (chosen.value === null ? null : (records.value.get(chosen.value) ?? null)))

  function question(): Question {
    const results = calls.value.map(({ id }) => draft.results[id] ?? { call: id, text: '', failed: false })
    return { role: 'user', id: next, text: draft.text.trim(), pictures: [...draft.pictures], results }
  }

  function send(): void {
    if (!maySend.value) return
    messages.value = [...messages.value, question()]
    next += 1
    Object.assign(draft, { text: '', pictures: [], results: {} })
    void ask()
  }

  /** Asks for an answer to what was said. */
  async function ask(): Promise<void> {
    const asked = asking(model.value.trim(), messages.value, parameters.value)
    const begun = waiting(next++, asked.dialect, model.value.trim(), Date.now())
    const stopper = new AbortController()
    const kept: Record = { asked, frames: [], dropped: 0 }
    let latest = begun
    let due = 0
    const show = (): void => {
      due = 0
      records.value = new Map(records.value).set(begun.id, { ...kept })
      messages.value = messages.value.map((message) => (message.id === begun.id ? latest : message))
    }
    const later = (): void => {
      due ||= document.hidden ? window.setTimeout(show, UNSEEN_MS) : requestAnimationFrame(show)
    }
    records.value = forgetful(records.value)
    messages.value = [...messages.value, begun]
    chosen.value = begun.id
    running.value = stopper
    show()
    await exchange(asked, begun, key.secret, stopper.signal, {
      answer: (answer) => { latest = answer; later() },
      frame: (frame) => { if (kept.frames.length < MOST_FRAMES) kept.frames.push(frame); else kept.dropped += 1; later() },
    })
    show()
    if (running.value === stopper) running.value = null
  }

  const stop = (): void => running.value?.abort()

  /** Asks again for the last answer. */
  function retry(): void {
    if (!mayAsk.value || messages.value.at(-1)?.role !== 'assistant') return
    messages.value = messages.value.slice(0, -1)
    void ask()
  }

  /** Takes the last question back into the draft, and what came after it away. */
  function edit(): void {
    const at = messages.value.findLastIndex((message) => message.role === 'user')
    const last = messages.value[at]
    if (running.value !== null || last?.role !== 'user') return
    messages.value = messages.value.slice(0, at)
    Object.assign(draft, { text: last.text, pictures: [...last.pictures], results: Object.fromEntries(last.results.map((result) => [result.call, result])) })
  }

  function clear(): void {
    stop()
    messages.value = []
    records.value = new Map()
    chosen.value = null
    Object.assign(draft, { text: '', pictures: [], results: {} })
  }

  watch(() => session.me?.id, (now, before) => {
    if (before === undefined || now === before) return
    clear()
    key.forget()
  })

  return { parameters, model, messages, draft, running, chosen, calls, problems, mayAsk, maySend, upcoming, looked, record, send, retry, edit, stop, clear }
})

function forgetful(records: ReadonlyMap<number, Record>): ReadonlyMap<number, Record> {
  const old = [...records.keys()].slice(0, -MOST_RECORDS)
  return new Map([...records].map(([id, record]) => [id, old.includes(id) ? { ...record, frames: [], dropped: record.dropped + record.frames.length } : record]))
}
