import { addTexts } from '../../i18n'

addTexts(
  'setup',
  { title: 'Set up this gateway', text: 'Make the first administrator.', token: 'Set-up token', tokenHelp: 'The gateway printed it when it started. It is good once.', name: 'Your name', password: 'Password', passwordHelp: 'At least 10 characters.', repeat: 'Password again', differ: 'The two passwords differ.', go: 'Create and sign in', notNeeded: 'This gateway is set up', notNeededText: 'It has an administrator. Sign in.' },
  { title: '设置此网关', text: '创建第一位管理员。', token: '设置令牌', tokenHelp: '网关启动时打印，只能使用一次。', name: '您的用户名', password: '密码', passwordHelp: '至少 10 个字符。', repeat: '再次输入密码', differ: '两次输入的密码不一致。', go: '创建并登录', notNeeded: '此网关已设置好', notNeededText: '已有管理员，请登录。' },
)
