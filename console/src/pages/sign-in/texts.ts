import { addTexts } from '../../i18n'

addTexts(
  'signIn',
  { name: 'Name', password: 'Password', lost: 'Password lost? On the gateway’s machine, run', setupNeeded: 'This gateway is new', setupNeededText: 'It has no administrator yet.', setUp: 'Set it up' },
  { name: '用户名', password: '密码', lost: '忘记密码？请在网关所在机器上运行', setupNeeded: '这是一个新网关', setupNeededText: '还没有管理员。', setUp: '开始设置' },
)
