import { addTexts } from '../../i18n'

addTexts(
  'about',
  {
    health: 'Health', well: 'All is well', wellText: 'The database answers, requests are written down, and every setting is in force.', worries: 'One thing needs a look | {count} things need a look',
    worry: {
      database: 'The database does not answer: {problem}', schema: 'The database is at version {now}, this program at {newest}. Start the gateway anew: it brings the database up to date.', logFailing: 'Requests cannot be written down: {problem}', logDropped: '{count} rows of the request log were lost since the start. The requests were served.',
      logFull: 'Requests come faster than they are written down: {queued} of {capacity} places are taken.', notInForce: 'Not in force: {name}. {problem}', open: 'Anybody who reaches {host} may use the models: no key is needed.', died: '{provider}: {count} processes ended by themselves since the start.',
    },
    copyVersions: 'Copy versions', program: 'Program', version: 'Version', platform: 'Platform', uptime: 'Up for', started: 'Started', dataDir: 'Data folder',
    listening: 'Listening', address: 'Address', anyPort: 'a free port', keys: 'API keys', keysNeeded: 'needed', keysOpen: 'not needed', hosts: 'Allowed hosts', hostsDefault: 'those of this address', proxies: 'Trusted proxies', origins: 'Origins of other sites',
    stock: 'What there is', conversations: 'Conversations',
    database: 'Database', engine: 'Engine', schema: 'Schema', newest: '{revision}, the newest', behind: '{revision}, the newest is {newest}', pending: 'Writes that wait', answering: 'Answers', notAnswering: 'Fails', migrations: '{count} migration | {count} migrations', applied: 'applied', waiting: 'waits',
    work: 'At work', queue: 'Queue of the request log', queued: '{queued} of {capacity} rows', written: 'Rows written', dropped: 'Rows lost', tails: 'Live views', processes: 'Processes', process: { provider: 'Provider', idle: 'Idle', busy: 'Busy', waiting: 'Waiting', started: 'Started', died: 'Died' },
    caches: 'Kept answers', cache: '{entries} · {bytes} · {hits} found', leases: 'Done for all gateways on this database', noLeases: 'Nothing at this moment.', until: 'until',
    extras: 'Extras', extra: { postgres: 'PostgreSQL as the database', mysql: 'MySQL and MariaDB as the database', redis: 'rate limits that several gateways share', 'claude-code': 'a Claude Code program that comes with Python packages' }, installed: 'installed', notInstalled: 'not installed', documents: 'Documentation', documentsText: 'Files of the project, which also come with its source archive.',
    document: { start: 'First steps', configuration: 'Configuration', accounts: 'Accounts and providers', administration: 'Administration', api: 'Admin API', storage: 'Storage', errors: 'Errors', failures: 'Failures', conformance: 'Conformance', architecture: 'Architecture' },
    licence: 'Licence', licenceText: 'Isthmus is free software under the MIT License.', terms: 'The terms of each vendor apply to what you ask of its models, and to the accounts you use.',
    backup: 'Backup', backupText: 'Everything but sign-ins, at one moment. Credentials in it stay encrypted; the key is not in it, so keep that too.', restore: 'How it is put back', backupMake: 'Download a backup', backupTitle: 'Download the whole database?', backupWarning: 'Whoever has the file and the key has every account, key and request of this gateway.', backupWord: 'backup', backupDone: 'The backup is on its way',
  },
  {
    health: '健康状况', well: '一切正常', wellText: '数据库有响应，请求已记录，所有设置均已生效。', worries: '有 {count} 项需要关注',
    worry: {
      database: '数据库没有响应：{problem}', schema: '数据库版本为 {now}，程序需要 {newest}。请重新启动网关，它会更新数据库。', logFailing: '无法记录请求：{problem}', logDropped: '启动以来丢失了 {count} 条请求日志，请求本身已得到处理。',
      logFull: '请求来得比记录快：{capacity} 个位置已占用 {queued} 个。', notInForce: '未生效：{name}。{problem}', open: '任何能访问 {host} 的人都可使用模型：无需密钥。', died: '{provider}：启动以来有 {count} 个进程自行结束。',
    },
    copyVersions: '复制版本信息', program: '程序', version: '版本', platform: '平台', uptime: '已运行', started: '启动于', dataDir: '数据目录',
    listening: '监听', address: '地址', anyPort: '任意空闲端口', keys: 'API 密钥', keysNeeded: '需要', keysOpen: '不需要', hosts: '允许的主机名', hostsDefault: '此地址的主机名', proxies: '受信任的代理', origins: '其他网站来源',
    stock: '现有内容', conversations: '会话',
    database: '数据库', engine: '引擎', schema: '结构版本', newest: '{revision}，已是最新', behind: '{revision}，最新为 {newest}', pending: '等待写入', answering: '有响应', notAnswering: '失败', migrations: '{count} 次迁移', applied: '已应用', waiting: '等待中',
    work: '后台工作', queue: '请求日志队列', queued: '{queued} / {capacity} 条', written: '已写入', dropped: '已丢失', tails: '实时查看', processes: '进程', process: { provider: '提供方', idle: '空闲', busy: '忙碌', waiting: '等待', started: '已启动', died: '意外结束' },
    caches: '缓存的回答', cache: '{entries} 条 · {bytes} · 命中 {hits}', leases: '为此数据库上所有网关执行的任务', noLeases: '目前没有。', until: '至',
    extras: '附加组件', extra: { postgres: '以 PostgreSQL 为数据库', mysql: '以 MySQL 或 MariaDB 为数据库', redis: '多个网关共用的速率限制', 'claude-code': '随 Python 包附带的 Claude Code 程序' }, installed: '已安装', notInstalled: '未安装', documents: '文档', documentsText: '项目中的文件，源码包中也有。',
    document: { start: '入门', configuration: '配置', accounts: '账号与提供方', administration: '管理', api: '管理 API', storage: '存储', errors: '错误', failures: '故障', conformance: '一致性', architecture: '架构' },
    licence: '许可证', licenceText: 'Isthmus 是自由软件，采用 MIT 许可证。', terms: '您向模型提出的请求以及所用的账号，须遵守各厂商的条款。',
    backup: '备份', backupText: '某一时刻的全部数据，登录会话除外。其中的凭据仍为加密状态；密钥不在其中，请另行保管。', restore: '如何恢复', backupMake: '下载备份', backupTitle: '下载整个数据库？', backupWarning: '同时拿到此文件和密钥的人，就拥有本网关的所有账号、密钥与请求。', backupWord: 'backup', backupDone: '备份已开始下载',
  },
)
