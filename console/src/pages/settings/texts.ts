import { addTexts } from '../../i18n'

addTexts(
  'settings',
  {
    search: 'Search settings', onlyOwn: 'Only what differs from the default', groups: 'Groups of settings', noneFound: 'No setting matches', noneFoundText: 'Try other words: names and explanations are searched.', showAll: 'Show all settings',
    group: { routing: 'Routing', accounts: 'Accounts', time: 'Time limits', compression: 'Compression', cache: 'Answer cache', conversations: 'Conversations', images: 'Images', logs: 'Logs', access: 'Access', server: 'Server and storage', others: 'Others', appearance: 'Appearance' },
    about: {
      routing: 'Where a request goes when its path or model does not say so.', accounts: 'How requests are shared among accounts, and when an account rests.', time: 'How long the gateway waits, for providers that do not say so themselves, and how it keeps clients awake.', compression: 'What becomes of conversations that no longer fit into the model’s window.', cache: 'Answers that are given again when the same key asks exactly the same.', conversations: 'Conversations that the gateway remembers for clients.', images: 'Fetching images that requests name by address.', logs: 'The request log and the gateway’s own log.', access: 'Who gets in, and how often.', server: 'Listener, database and files.', others: 'What this console does not know yet.', appearance: 'How the console looks in this browser. Nothing of it is stored in the gateway.',
    },
    unit: { s: 's', ms: 'ms', min: 'min', h: 'h', days: 'days', MiB: 'MiB', MB: 'MB', tokens: 'tokens', characters: 'characters' },
    source: { stored: 'set here', file: 'file', environment: 'environment', command_line: 'command line', automatic: 'automatic', default: 'default' },
    unset: 'not set', addToList: 'Add, then press Enter', notJson: 'must be JSON', default: 'Default: {value}', bounds: '{from} to {to}', configured: 'file or environment: {value}', takeBack: 'Back to {value}', toDefault: 'Use the default', notSaved: 'not saved', notInForce: 'The stored value is not in force', linkTo: 'Link to {name}', aliasesThere: 'Edit as a table', storedHere: '{count} set here',
    restart: 'Changed in the configuration file or the environment; in force after a restart.', how: 'How to change it', inFile: 'In the configuration file:', inEnvironment: 'Or as an environment variable, which wins over the file:',
    changes: '{count} change | {count} changes', reviewAndSave: 'Review and save', review: 'Review the changes', reviewText: 'They are in force at once, and win over file and environment.', asConfigured: 'as file and environment say', dropOne: 'Do not change {name}', saved: '{count} setting saved | {count} settings saved',
    discard: 'Discard', discardTitle: 'Discard {count} change? | Discard {count} changes?', leaveTitle: 'Leave without saving?', leaveText: '{count} change is not saved. | {count} changes are not saved.', leave: 'Leave',
  },
  {
    search: '搜索设置', onlyOwn: '仅显示与默认不同的', groups: '设置分组', noneFound: '没有符合的设置', noneFoundText: '换个词试试：名称与说明都会搜索。', showAll: '显示全部设置',
    group: { routing: '路由', accounts: '账号', time: '时限', compression: '压缩', cache: '回答缓存', conversations: '会话', images: '图片', logs: '日志', access: '访问', server: '服务与存储', others: '其他', appearance: '外观' },
    about: {
      routing: '请求的路径或模型没有指明去处时，由这里决定。', accounts: '请求如何分给各账号，账号何时休息。', time: '提供方没有自行规定时，网关等待多久，以及怎样让客户端保持连接。', compression: '会话超出模型窗口时如何处理。', cache: '同一密钥提出完全相同的请求时，再次给出保存的回答。', conversations: '网关代客户端记住的会话。', images: '获取请求中以地址给出的图片。', logs: '请求日志与网关自身的日志。', access: '谁可以进来，多频繁。', server: '监听、数据库与文件。', others: '此控制台尚不认识的设置。', appearance: '控制台在此浏览器中的样子，不会存入网关。',
    },
    unit: { s: '秒', ms: '毫秒', min: '分钟', h: '小时', days: '天', MiB: 'MiB', MB: 'MB', tokens: '令牌', characters: '字符' },
    source: { stored: '在此设置', file: '文件', environment: '环境变量', command_line: '命令行', automatic: '自动', default: '默认' },
    unset: '未设置', addToList: '输入后按回车添加', notJson: '必须是 JSON', default: '默认：{value}', bounds: '{from} 至 {to}', configured: '文件或环境变量：{value}', takeBack: '恢复为 {value}', toDefault: '使用默认值', notSaved: '未保存', notInForce: '存储的值未生效', linkTo: '{name} 的链接', aliasesThere: '以表格编辑', storedHere: '在此设置了 {count} 项',
    restart: '在配置文件或环境变量中更改，重启后生效。', how: '如何更改', inFile: '在配置文件中：', inEnvironment: '或使用环境变量，它优先于文件：',
    changes: '{count} 项更改', reviewAndSave: '查看并保存', review: '查看更改', reviewText: '立即生效，并优先于文件与环境变量。', asConfigured: '按文件与环境变量', dropOne: '不更改 {name}', saved: '已保存 {count} 项设置',
    discard: '放弃', discardTitle: '放弃 {count} 项更改？', leaveTitle: '不保存就离开？', leaveText: '有 {count} 项更改未保存。', leave: '离开',
  },
)
