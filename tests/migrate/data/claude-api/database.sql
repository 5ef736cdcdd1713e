-- A database of the program, with made-up rows; read in as it is by the tests.
CREATE TABLE accounts (id TEXT PRIMARY KEY, label TEXT, clientId TEXT, clientSecret TEXT, refreshToken TEXT, accessToken TEXT,
  other TEXT, last_refresh_time TEXT, last_refresh_status TEXT, created_at TEXT, updated_at TEXT, enabled INTEGER, status TEXT,
  exhausted_at TEXT, status_reason TEXT, error_count INTEGER, success_count INTEGER, q_user_id TEXT, email TEXT, auth_method TEXT,
  region TEXT, machine_id TEXT, password TEXT, username TEXT, usage_current REAL, usage_limit REAL, subscription_type TEXT,
  quota_refreshed_at TEXT, token_expiry INTEGER, colour TEXT);
INSERT INTO accounts VALUES
 ('a1', 'team-a', 'made-up-client-1', 'eyJmade-up-client-secret-1', 'aorAAAAAmade-up-refresh-1', 'aoaAAAAAmade-up-access-1',
  CAST('{"x": "made-up-other"}' AS BLOB), 'never', 'never', '2026-01-02T15:04:05+08:00', '2026-01-02T15:04:05+08:00', 1, 'normal',
  NULL, NULL, 3, 412, 'q-user-1', 'one@example.com', 'IdC', 'us-east-1', 'made-up-machine', 'made-up-word', 'made-up-login',
  12.5, 50.0, 'FREE', '2026-11-20T08:00:00+08:00', 1798761600, NULL),
 ('a2', 'team-b', 'social-made-up', 'social-token', 'aorAAAAAmade-up-refresh-2', NULL, NULL, NULL, NULL, NULL, NULL, 1, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('a3', NULL, NULL, NULL, 'aorAAAAAmade-up-refresh-3', NULL, NULL, NULL, NULL, NULL, NULL, 0, 'normal',
  NULL, NULL, 0, 0, NULL, NULL, 'social', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('a4', 'team-d', 'made-up-client-4', 'eyJmade-up-client-secret-4', 'aorAAAAAmade-up-refresh-4', NULL, NULL, NULL, NULL, NULL, NULL,
  1, 'suspended', NULL, 'unusual activity', 9, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('a5', 'team-e', 'made-up-client-5', 'eyJmade-up-client-secret-5', 'aorAAAAAmade-up-refresh-5', NULL, NULL, NULL, NULL, NULL, NULL,
  1, 'exhausted', '2026-11-10T08:00:00+08:00', NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('a6', 'team-f', 'made-up-client-6', 'eyJmade-up-client-secret-6', 'aorAAAAAmade-up-refresh-6', NULL, NULL, NULL, NULL, NULL, NULL,
  1, 'expired', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('a7', 'team-g', 'made-up-client-7', NULL, 'aorAAAAAmade-up-refresh-7', NULL, NULL, NULL, NULL, NULL, NULL,
  1, 'normal', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 ('a8', 'team-h', 'made-up-client-8', 'eyJmade-up-client-secret-8', '', NULL, NULL, NULL, NULL, NULL, NULL,
  1, 'resting', NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT, email TEXT, api_key TEXT, created_at TEXT, updated_at TEXT, enabled INTEGER,
  is_vip INTEGER, daily_quota INTEGER, monthly_quota INTEGER, request_quota INTEGER, rate_limit_rpm INTEGER,
  total_tokens_used INTEGER, total_requests INTEGER, total_cost_usd REAL, last_reset_daily TEXT, last_reset_monthly TEXT,
  notes TEXT, expires_at INTEGER);
INSERT INTO users VALUES
 ('u1', 'Ann', 'ann@example.com', 'sk-made-up-user-key-1', NULL, NULL, 1, 1, 1000, 20000, 50, 5, 123, 4, 0.5, NULL, NULL, 'tests', 1798761600),
 ('u2', 'Ben', NULL, 'claude-api_made-up-user-key-2', NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL),
 ('u3', 'Cyd', NULL, 'sk-made-up-user-key-3', NULL, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, -5),
 ('u4', 'Dot', NULL, 'sk-made...', NULL, NULL, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE settings (setting_key TEXT PRIMARY KEY, setting_value TEXT);
INSERT INTO settings VALUES ('api_key', 'made-up-local-key'), ('admin_password', 'made-up-admin-word'), ('debug_log', 'true'),
 ('enable_request_log', 'true'), ('log_retention_days', '30'), ('enable_ip_rate_limit', 'true'), ('ip_rate_limit_window', '2'),
 ('ip_rate_limit_max', '200'), ('account_selection_mode', 'cooldown'), ('random_account_selection', 'true'),
 ('account_cooldown_seconds', '60'), ('account_rpm_limit', '3'), ('account_rpm_failure_cooldown_seconds', '90'),
 ('max_error_count', '30'), ('port', '62311'), ('http_proxy', 'http://someone:made-up-word@127.0.0.1:7890'),
 ('compression_enabled', 'true'), ('compression_model', 'claude-sonnet-4-5-20250929'), ('compression_token_limit', '0'),
 ('compression_message_limit', '100'), ('compression_keep_messages', '6'), ('force_model_enabled', 'true'),
 ('force_model', 'claude-sonnet-4-6'), ('proxy_pool_enabled', 'false'), ('proxy_pool_strategy', 'random'),
 ('quota_refresh_concurrency', '5'), ('quota_refresh_interval', '60'), ('announcement_enabled', 'false'),
 ('announcement_text', ''), ('layout_full_width', 'true'), ('free_request_count', '10'), ('schema_version', '7'),
 ('blocked_ips', '["10.0.0.9", "10.1.0.0/16"]'), ('new_setting', '1');
CREATE TABLE request_logs (id TEXT PRIMARY KEY, timestamp TEXT, client_ip TEXT, method TEXT, path TEXT, endpoint_type TEXT,
  account_id TEXT, user_id TEXT, api_key_prefix TEXT, model TEXT, original_model TEXT, status_code INTEGER, is_success INTEGER,
  is_stream INTEGER, input_tokens INTEGER, output_tokens INTEGER, duration_ms INTEGER, error_message TEXT, user_agent TEXT);
INSERT INTO request_logs VALUES
 ('0b8a4f6e-0000-4000-8000-000000000001', '2026-11-20T15:04:05+08:00', '10.0.0.1', 'POST', '/v1/messages', 'anthropic', 'a1', 'u1',
  'sk-made-...', 'claude-sonnet-4-6', 'claude-opus-4-6', 200, 1, 1, 100, 20, 1500, NULL, 'x/1'),
 ('0b8a4f6e-0000-4000-8000-000000000002', '2026-11-20T15:04:06+08:00', '10.0.0.2', 'POST', '/v1/chat/completions', NULL, NULL, NULL,
  NULL, 'claude-sonnet-4-6', NULL, 429, 0, 0, NULL, NULL, NULL, 'too many requests', NULL),
 ('0b8a4f6e-0000-4000-8000-000000000003', 'never', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL);
CREATE TABLE user_token_usage (id TEXT PRIMARY KEY, user_id TEXT, date TEXT, input_tokens INTEGER, output_tokens INTEGER,
  total_tokens INTEGER, request_count INTEGER);
INSERT INTO user_token_usage VALUES ('t1', 'u1', '2026-11-20', 100, 20, 120, 2), ('t2', 'u1', '2026-11-21', 10, 2, 12, 1),
 ('t3', 'u1', '2026-10-31', 999, 999, 1998, 9), ('t4', 'u1', 'some day', 1, 1, 2, 1);
CREATE TABLE blocked_ips (ip TEXT PRIMARY KEY, reason TEXT, created_at TEXT);
INSERT INTO blocked_ips VALUES ('10.0.0.9', 'too curious', NULL), ('2001:db8::1', NULL, NULL), ('nowhere', NULL, NULL);
CREATE TABLE ip_configs (ip TEXT PRIMARY KEY, notes TEXT, rate_limit_rpm INTEGER, daily_request_limit INTEGER, created_at TEXT, updated_at TEXT);
INSERT INTO ip_configs VALUES ('10.0.0.3', NULL, 5, 100, NULL, NULL);
CREATE TABLE proxies (id INTEGER PRIMARY KEY, url TEXT, name TEXT, enabled INTEGER, weight INTEGER, created_at TEXT, updated_at TEXT);
INSERT INTO proxies VALUES (1, 'http://%:made-up-word@127.0.0.1:1', 'one', 1, 1, NULL, NULL), (2, 'http://127.0.0.1:2', 'two', 1, 1, NULL, NULL);
CREATE TABLE imported_accounts (original_refresh_token TEXT, email TEXT, new_refresh_token TEXT);
INSERT INTO imported_accounts VALUES ('aorAAAAAmade-up-refresh-old', NULL, 'aorAAAAAmade-up-refresh-new');
CREATE TABLE new_table (id TEXT);
