-- KEYS   two per meter: as it was named when reserved, and as it is named now (a calendar window may have ended)
-- ARGV   lease; then per meter: kind, amount to give back, amount beyond, slot when reserved, slot now, time to live in ms

local lease = ARGV[1]
local function given(meter, which) return ARGV[1 + (meter - 1) * 6 + which] end

for i = 1, #KEYS / 2 do
  local then_key, now_key = KEYS[2 * i - 1], KEYS[2 * i]
  local kind, back, beyond, slot = given(i, 1), tonumber(given(i, 2)), given(i, 3), given(i, 4)
  if kind == 'concurrency' then
    redis.call('ZREM', then_key, lease)
  elseif back > 0 and kind == 'calendar' then
    local held = tonumber(redis.call('GET', then_key) or '0')
    if held > 0 then redis.call('DECRBY', then_key, math.min(held, back)) end
  elseif back > 0 then
    local held = tonumber(redis.call('HGET', then_key, slot) or '0')
    if held > 0 then redis.call('HINCRBY', then_key, slot, -math.min(held, back)) end
  elseif beyond ~= '0' then
    take(kind, now_key, given(i, 5), beyond, given(i, 6))
  end
end
