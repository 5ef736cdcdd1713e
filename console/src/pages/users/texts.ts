import { addTexts } from '../../i18n'

addTexts(
  'users',
  {
    tab: { people: 'Users', audit: 'Audit log' }, searchFor: 'Search a name', allRoles: 'All roles', allStates: 'All states', shown: '{count} user | {count} users', clearFilters: 'Clear the filters', noneFound: 'No user matches', noneFoundText: 'Try another name, or fewer filters.',
    column: { name: 'Name', role: 'Role', state: 'State', signIn: 'Last sign-in', created: 'Made' }, state: { on: 'Can sign in', off: 'Off', tokens: 'Tokens alone' }, you: 'you', last: 'Last administrator', lastText: 'The only administrator who can sign in. Role and state stay as they are until there is another.', actionsOf: 'Actions for {name}',
    role: { admin: 'Sees and changes everything.', viewer: 'Sees everything, changes nothing.', holder: 'Sees only their own keys, and the requests of these.' },
    add: 'New user', addTitle: 'New user', addText: 'Somebody who signs in here, or a program that uses /v2 with a token.', editTitle: 'Edit {name}', name: 'Name', nameHelp: 'What they sign in with. Small letters.', roleLabel: 'Role', password: 'Password', passwordHelp: 'At least 10 characters. Give it to them; it is not shown again.', signsIn: 'Signs in with a password', signsInHelp: 'Without one, they work with tokens alone: isthmus admin create-token.',
    make: 'Make one', created: '{name} can begin', saved: '{name} is saved', on: '{name} is on', off: '{name} is off and signed out', deleted: '{name} is deleted',
    reset: 'Set a new password', setOne: 'Set a password', resetTitle: 'New password of {name}', resetText: 'They are signed out everywhere, and the old one is good no longer.', resetDone: '{name} has a new password', own: 'Change my password',
    disableTitle: 'Disable {name}?', disableText: 'They are signed out at once. Their tokens and API keys are refused until they are enabled again.', disableSelf: 'This is you: you will be signed out at once.', demoteSelf: 'This is you: you will see less at once.', deleteTitle: 'Delete {name}?', deleteText: 'Sessions and tokens are lost for good. Their API keys are switched off, and stay.', auditOf: 'What they did', keysOf: 'Their keys',
    who: 'Who', everybody: 'Everybody', what: 'Action', target: 'Done to', targetFor: 'Id or name, exactly', anyTime: 'Any time', time: 'Time', auditNone: 'Nothing was done', auditNoneText: 'Nothing that fits has been written down.', nobody: 'nobody signed in', commandLine: 'command line', auditColumn: { at: 'When', user: 'Who', action: 'Action', target: 'Done to', detail: 'What', client: 'From' }, allActions: 'All actions', end: 'That is all',
  },
  {
    tab: { people: '用户', audit: '审计日志' }, searchFor: '搜索用户名', allRoles: '全部角色', allStates: '全部状态', shown: '共 {count} 位用户', clearFilters: '清除筛选', noneFound: '没有符合的用户', noneFoundText: '换个名字，或减少筛选条件。',
    column: { name: '用户名', role: '角色', state: '状态', signIn: '上次登录', created: '创建时间' }, state: { on: '可登录', off: '已停用', tokens: '仅用令牌' }, you: '您', last: '最后的管理员', lastText: '唯一可以登录的管理员。在有另一位之前，其角色和状态不能更改。', actionsOf: '{name} 的操作',
    role: { admin: '可查看和更改一切。', viewer: '可查看一切，不能更改。', holder: '只能看到自己的密钥及其请求。' },
    add: '新建用户', addTitle: '新建用户', addText: '在此登录的人，或用令牌访问 /v2 的程序。', editTitle: '编辑 {name}', name: '用户名', nameHelp: '用于登录，小写字母。', roleLabel: '角色', password: '密码', passwordHelp: '至少 10 个字符。请转交给用户，之后不再显示。', signsIn: '使用密码登录', signsInHelp: '没有密码的用户只用令牌：isthmus admin create-token。',
    make: '生成', created: '{name} 可以开始使用了', saved: '{name} 已保存', on: '{name} 已启用', off: '{name} 已停用并退出登录', deleted: '{name} 已删除',
    reset: '设置新密码', setOne: '设置密码', resetTitle: '{name} 的新密码', resetText: '该用户会在所有地方退出登录，旧密码失效。', resetDone: '{name} 有了新密码', own: '修改我的密码',
    disableTitle: '停用 {name}？', disableText: '该用户立即退出登录，在重新启用之前，其令牌和 API 密钥都会被拒绝。', disableSelf: '这是您自己：您会立即退出登录。', demoteSelf: '这是您自己：您能看到的会立即减少。', deleteTitle: '删除 {name}？', deleteText: '会话和令牌将永久丢失。其 API 密钥会停用并保留。', auditOf: '其操作记录', keysOf: '其密钥',
    who: '操作人', everybody: '所有人', what: '操作', target: '对象', targetFor: '完整的 ID 或名称', anyTime: '任何时间', time: '时间', auditNone: '没有记录', auditNoneText: '没有符合条件的记录。', nobody: '未登录者', commandLine: '命令行', auditColumn: { at: '时间', user: '操作人', action: '操作', target: '对象', detail: '内容', client: '来自' }, allActions: '全部操作', end: '已全部显示',
  },
)
