-- SPDX-License-Identifier: Apache-2.0
INSERT INTO hotels (hotel_id) VALUES ('LISBON-PALACE'), ('PORTO-RIVERSIDE'), ('FARO-BEACH');

INSERT INTO room_nights (hotel_id, night, capacity, available)
SELECT hotel_id, night, ${inventory_size}, ${inventory_size}
FROM hotels, generate_series(timestamp '2027-01-01', '2027-12-31', '1 day') AS calendar (night);
