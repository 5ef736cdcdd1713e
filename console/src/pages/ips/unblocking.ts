import { api } from '../../api/client'
import { t } from '../../i18n'
import { useAct } from '../../parts/act'
import { useConfirm } from '../../parts/confirm'
import { ipsChanged } from './queries'
import './texts'

/** Lets a network in again, once it was asked whether that is meant. */
export function useUnblocking() {
  const confirm = useConfirm()
  const { run, running } = useAct(async (network: string) => {
    await api.post('/v2/ips/unblock', { body: { network } })
    await ipsChanged()
  }, (network) => t('ips.unblocked', { network }))

  async function unblock(network: string): Promise<void> {
    const meant = await confirm({ title: t('ips.unblockTitle', { network }), text: t('ips.unblockText'), verb: t('ips.unblock'), harmless: true })
    if (meant) await run(network)
  }

  return { unblock, running }
}
