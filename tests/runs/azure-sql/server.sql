CREATE TABLE customers (
  id TEXT PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT, phone_number TEXT, address_line1 TEXT,
  address_line2 TEXT, city TEXT, state TEXT, zip_code TEXT, country TEXT, visits INTEGER, balance REAL
);
INSERT INTO customers VALUES
  ('c-1', 'Ada', 'Moyo', 'ada@example.com', '555 0101', '1 Long St', NULL, 'Cape Town', 'WC', '8001', 'ZA', 3, 12.5),
  ('c-2', 'Bo', 'O''Hara', 'bo@example.com', '555 0102', '2 Short St', 'Flat 4', 'Cork', '', 'T12', 'IE', 0, -0.25),
  ('c-3', 'Çelik', 'Ünal', 'celik@example.com', NULL, '3 Uzun Sk', NULL, 'İzmir', '', '35000', 'TR', 9007199254740993, NULL);
CREATE TABLE _procedures (name TEXT PRIMARY KEY, statement TEXT NOT NULL);
INSERT INTO _procedures VALUES
  ('sp_GetAllCustomers', 'SELECT * FROM customers ORDER BY id'),
  ('sp_GetCustomerById', 'UPDATE customers SET visits = visits + 1 WHERE id = @CustomerId; SELECT * FROM customers WHERE id = @CustomerId');
