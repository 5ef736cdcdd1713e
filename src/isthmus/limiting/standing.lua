-- KEYS   one per meter
-- ARGV   now; then per meter: kind, slot
-- gives  per meter: used, newest slot that holds something (-1: none)

local result = {}
for i, key in ipairs(KEYS) do
  local total, slots = used(ARGV[2 * i], key, tonumber(ARGV[2 * i + 1]), ARGV[1])
  result[#result + 1] = total
  result[#result + 1] = #slots > 0 and slots[#slots][1] or -1
end
return result
