/** What can be done to one key, from its row and from its panel. */
import { useI18n } from 'vue-i18n'

import { api } from '../../api/client'
import type { components } from '../../api/schema'
import type { Key } from '../../api/types'
import { useAct } from '../../parts/act'
import { useConfirm } from '../../parts/confirm'
import { keysChanged } from './queries'
import './texts'

export type MadeKey = components['schemas']['MadeKeyAnswer']

export function useDoing(showSecret: (made: MadeKey) => void) {
  const { t } = useI18n()
  const confirm = useConfirm()

  const turning = useAct(
    (key: Key) => api.patch('/v2/keys/{id}', { path: { id: key.id }, body: { enabled: !key.enabled } as components['schemas']['KeyPatch'] }).then(keysChanged),
    (key) => t(key.enabled ? 'keys.disabled' : 'keys.enabled', { name: key.name }),
  )
  const rotating = useAct(async (key: Key) => {
    showSecret(await api.post('/v2/keys/{id}/rotate', { path: { id: key.id } }))
    await keysChanged()
  })
  const deleting = useAct(
    (key: Key) => api.delete('/v2/keys/{id}', { path: { id: key.id } }).then(keysChanged),
    (key) => t('keys.deleted', { name: key.name }),
  )

  async function turn(key: Key): Promise<void> {
    if (!key.enabled || (await confirm({ title: t('keys.disableOne', { name: key.name }), text: t('keys.disableText'), verb: t('do.disable') }))) await turning.run(key)
  }

  async function rotate(key: Key): Promise<void> {
    if (await confirm({ title: t('keys.rotateOne', { name: key.name }), text: t('keys.rotateText'), verb: t('keys.rotate') })) await rotating.run(key)
  }

  /** True when it is gone. */
  async function remove(key: Key): Promise<boolean> {
    const agreed = await confirm({ title: t('keys.deleteOne', { name: key.name }), text: t('keys.deleteText'), verb: t('do.delete'), typed: key.name })
    return agreed && (await deleting.run(key))
  }

  return { turn, rotate, remove, busy: { turning: turning.running, rotating: rotating.running, deleting: deleting.running } }
}
