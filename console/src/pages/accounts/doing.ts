/** What can be done to one account, from its row and from its panel. */
import { useToast } from '@nuxt/ui/composables'
import { useI18n } from 'vue-i18n'

import { api } from '../../api/client'
import type { components } from '../../api/schema'
import type { Account } from '../../api/types'
import { useAct } from '../../parts/act'
import { useConfirm } from '../../parts/confirm'
import { useComplaint } from '../../parts/failures'
import { accountsChanged } from './queries'
import { nameOf } from './standing'
import './texts'

export type Trial = components['schemas']['TrialAnswer']

export function useDoing() {
  const { t } = useI18n()
  const toast = useToast()
  const confirm = useConfirm()
  const complain = useComplaint()

  const turning = useAct(
    (account: Account) => api.patch('/v2/accounts/{id}', { path: { id: account.id }, body: { enabled: !account.enabled } }).then(accountsChanged),
    (account) => t(account.enabled ? 'accounts.disabled' : 'accounts.enabled', { name: nameOf(account) }),
  )
  const clearing = useAct(
    (account: Account) => api.post('/v2/accounts/{id}/clear-cooldown', { path: { id: account.id } }).then(accountsChanged),
    (account) => t('accounts.cleared', { name: nameOf(account) }),
  )
  const deleting = useAct(
    (account: Account) => api.delete('/v2/accounts/{id}', { path: { id: account.id } }).then(accountsChanged),
    (account) => t('accounts.deleted', { name: nameOf(account) }),
  )

  /** Asks whether it works; what came of it is said at the edge of the window. */
  async function test(account: Account): Promise<void> {
    const waiting = toast.add({ title: t('accounts.testing', { name: nameOf(account) }), icon: 'i-lucide-loader-circle', duration: 0, ui: { icon: 'animate-spin' } })
    try {
      const trial = await tried(account)
      toast.add({ title: nameOf(account), description: trialText(trial), color: trial.ok ? 'success' : 'error', icon: trial.ok ? 'i-lucide-check' : 'i-lucide-circle-alert', duration: 8000 })
    } catch (error) {
      complain(error)
    } finally {
      toast.remove(waiting.id)
    }
  }

  async function tried(account: Account): Promise<Trial> {
    const trial = await api.post('/v2/accounts/{id}/test', { path: { id: account.id } })
    void accountsChanged()
    return trial
  }

  function trialText(trial: Pick<Trial, 'ok' | 'error' | 'model' | 'latency_ms'>): string {
    if (!trial.ok) return trial.error ?? t('is.unknown')
    return trial.model ? t('accounts.testedModel', { model: trial.model, ms: trial.latency_ms }) : t('accounts.testedPlain', { ms: trial.latency_ms })
  }

  /** True when it is gone. */
  async function remove(account: Account): Promise<boolean> {
    const agreed = await confirm({ title: t('accounts.deleteOne', { name: nameOf(account) }), text: t('accounts.deleteText'), verb: t('do.delete'), typed: t('do.delete') })
    return agreed && (await deleting.run(account))
  }

  return { turning, clearing, deleting, test, tried, trialText, remove }
}
