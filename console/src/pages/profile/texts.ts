import { addTexts } from '../../i18n'

addTexts(
  'profile',
  {
    mayDo: { admin: 'You see and change everything.', viewer: 'You see everything and change nothing.', holder: 'You see your own keys, and the requests of these.' },
    password: 'Password', passwordText: 'A new one signs you out everywhere but here.', current: 'Current password', next: 'New password', nextHelp: 'At least 10 characters.', repeat: 'New password again', differ: 'The two passwords differ.', change: 'Change the password', changed: 'Your password is changed',
    sessions: 'Where you are signed in', sessionsText: 'Whoever signs in with your name appears here. End what you do not know, and change your password.', here: 'This one', on: '{browser} on {system}', unknownBrowser: 'Unknown browser', seen: 'seen', begun: 'Signed in {at}', ends: 'ends {at}',
    end: 'End', endOne: 'End the session {name}', endTitle: 'End this session?', endText: 'Whoever uses it has to sign in again.', endOthers: 'End all others', endOthersTitle: 'End all other sessions?', ended: 'The session is ended', endedOthers: 'All other sessions are ended',
    tokens: 'Tokens for scripts', tokensText: 'A script that sends one may do under /v2 what you may. For models there are API keys.', newToken: 'New token', newTokenText: 'It is shown once, and may do all that you may.', tokenName: 'What it is for', noTokens: 'No tokens yet', noTokensText: 'Make one for a script, a backup job or a dashboard of your own.',
    column: { name: 'Name', prefix: 'Begins with', created: 'Made', expires: 'Ends', used: 'Last used' }, never: 'never', over: 'over', removeOne: 'Remove {name}', removeTitle: 'Remove the token {name}?', removeText: 'Scripts that send it are refused from now on.', removed: '{name} is removed',
    made: 'Your token', madeText: 'Copy it now. It is not shown again, and nobody can read it later.', example: 'Try it', kept: 'I have kept it',
  },
  {
    mayDo: { admin: '您可以查看和更改一切。', viewer: '您可以查看一切，不能更改。', holder: '您可以看到自己的密钥及其请求。' },
    password: '密码', passwordText: '设置新密码后，除此处外您会在所有地方退出登录。', current: '当前密码', next: '新密码', nextHelp: '至少 10 个字符。', repeat: '再次输入新密码', differ: '两次输入的密码不一致。', change: '修改密码', changed: '密码已修改',
    sessions: '登录位置', sessionsText: '用您的用户名登录的都会显示在这里。结束您不认识的，并修改密码。', here: '当前', on: '{system} 上的 {browser}', unknownBrowser: '未知浏览器', seen: '最近出现', begun: '{at}登录', ends: '{at}到期',
    end: '结束', endOne: '结束会话 {name}', endTitle: '结束此会话？', endText: '使用它的人需要重新登录。', endOthers: '结束其他全部', endOthersTitle: '结束其他全部会话？', ended: '会话已结束', endedOthers: '其他会话已全部结束',
    tokens: '脚本令牌', tokensText: '携带令牌的脚本在 /v2 下可以做您能做的事。调用模型请用 API 密钥。', newToken: '新建令牌', newTokenText: '只显示一次，可以做您能做的一切。', tokenName: '用途', noTokens: '还没有令牌', noTokensText: '为脚本、备份任务或您自己的看板创建一个。',
    column: { name: '名称', prefix: '开头', created: '创建时间', expires: '到期', used: '上次使用' }, never: '永不', over: '已到期', removeOne: '移除 {name}', removeTitle: '移除令牌 {name}？', removeText: '携带它的脚本从现在起会被拒绝。', removed: '{name} 已移除',
    made: '您的令牌', madeText: '请立即复制。它不会再次显示，之后谁也无法读取。', example: '试一试', kept: '我已保存',
  },
)
