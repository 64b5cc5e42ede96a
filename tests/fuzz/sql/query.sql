SELECT id, '$.name', '$.owner.name' AS owner FROM [default/tasks] WHERE '$.done' = @done AND id IN (SELECT value FROM json_each(@ids)) ORDER BY '$.name' -- note
