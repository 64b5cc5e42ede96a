CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT, bin TEXT, stock INTEGER, drawing BLOB);
INSERT INTO parts VALUES (1, 'Bolt', 'A1', 40, x'00ff'), (2, 'Nut', 'A1', 2, NULL), (3, 'Gasket "large"', 'B7', 5, NULL);
CREATE TABLE _procedures (name TEXT PRIMARY KEY, statement TEXT NOT NULL);
INSERT INTO _procedures VALUES
  ('sell_part', 'UPDATE parts SET stock = stock - 1 WHERE id = @partId; SELECT id, name, stock FROM parts WHERE id = @partId');
