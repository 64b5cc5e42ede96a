WITH t AS (SELECT * FROM [other].[people] p LEFT JOIN [tasks] k ON json_extract(k.data, '$.by') = p.id)
SELECT count(*), "it's" /* x */ FROM t GROUP BY 1 HAVING count(*) > 1