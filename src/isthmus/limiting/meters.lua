-- The meters of isthmus.routing.meters, kept in Redis. Stands before each of the other scripts.
--   sliding       hash     slot number -> amount
--   calendar      string   the amount; the key names the window
--   concurrency   zset     lease -> the second at which it ends
-- All keys of one call belong to one subject and share its hash tag.

local SLOTS = 60

-- What is used, and the slots that hold it, oldest first (sliding only).
local function used(kind, key, slot, now_s)
  if kind == 'calendar' then
    return tonumber(redis.call('GET', key) or '0'), {}
  end
  if kind == 'concurrency' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now_s)
    return redis.call('ZCARD', key), {}
  end
  local fields, total, slots = redis.call('HGETALL', key), 0, {}
  for i = 1, #fields, 2 do
    local number, amount = tonumber(fields[i]), tonumber(fields[i + 1])
    if number < slot - SLOTS or number > slot + SLOTS then
      redis.call('HDEL', key, fields[i])
    elseif amount > 0 then
      total = total + amount
      slots[#slots + 1] = {number, amount}
    end
  end
  table.sort(slots, function(a, b) return a[1] < b[1] end)
  return total, slots
end

-- Adds an amount (text, so that no digit is lost) to a sliding or calendar meter.
local function take(kind, key, slot, amount, ttl_ms)
  if kind == 'calendar' then
    redis.call('INCRBY', key, amount)
  else
    redis.call('HINCRBY', key, slot, amount)
  end
  redis.call('PEXPIRE', key, ttl_ms)
end
