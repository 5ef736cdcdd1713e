import { addTexts } from '../i18n'

addTexts(
  'expiry',
  { label: 'Ends', never: 'Never', hour: 'In an hour', day: 'In a day', week: 'In 7 days', month: 'In 30 days', quarter: 'In 90 days', year: 'In a year', at: 'At a time of your own', when: 'End', future: 'Choose a time that is still to come.' },
  { label: '到期', never: '永不', hour: '1 小时后', day: '1 天后', week: '7 天后', month: '30 天后', quarter: '90 天后', year: '1 年后', at: '自定时间', when: '到期时间', future: '请选择将来的时间。' },
)
