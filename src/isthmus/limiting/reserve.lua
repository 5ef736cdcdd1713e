-- KEYS   one per meter
-- ARGV   now, lease, end of the lease; then per meter: kind, maximum, room needed, amount, slot, time to live in ms
-- gives  {0}, and everything is taken; or {number of the limit in the way, used, slot whose end makes room}

local now_s, lease, lease_end_s = ARGV[1], ARGV[2], ARGV[3]
local function given(meter, which) return ARGV[3 + (meter - 1) * 6 + which] end

for i, key in ipairs(KEYS) do
  local maximum, room = tonumber(given(i, 2)), tonumber(given(i, 3))
  local total, slots = used(given(i, 1), key, tonumber(given(i, 5)), now_s)
  if room > 0 and total + room > maximum then
    local freed, free_slot = 0, -1
    for _, slot in ipairs(slots) do
      freed, free_slot = freed + slot[2], slot[1]
      if freed >= total + room - maximum then break end
    end
    return {i, total, free_slot}
  end
end

for i, key in ipairs(KEYS) do
  local kind, amount, ttl_ms = given(i, 1), given(i, 4), given(i, 6)
  if kind == 'concurrency' then
    redis.call('ZADD', key, lease_end_s, lease)
    redis.call('PEXPIRE', key, ttl_ms)
  elseif amount ~= '0' then
    take(kind, key, given(i, 5), amount, ttl_ms)
  end
end
return {0}
