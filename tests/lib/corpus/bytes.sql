-- Bytes, members, documents, addresses, compressed columns, shapes.
SET NAMES utf8mb4;
SET SESSION sql_mode='';
CREATE DATABASE bytes CHARACTER SET latin1;
USE bytes;
CREATE TABLE raw (id INT PRIMARY KEY, b BINARY(8), vb VARBINARY(600), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb LONGBLOB, KEY (vb(10)), KEY (bl(20)));
INSERT INTO raw SELECT seq, CHAR(seq, 0, 9, 10, 92, 78, 13, 26), REPEAT(CHAR(seq), seq), CHAR(seq, 92), CONCAT(CHAR(92, 78), CHAR(seq)), CHAR(9, seq, 10), REPEAT(CHAR(0, seq, 9, 92), 999) FROM seq_0_to_255;
INSERT INTO raw VALUES (1000, '', '', '', '', '', ''), (1001, NULL, NULL, NULL, NULL, NULL, NULL), (1002, '\\N', '\\N', '\\N', '\\N', '\\N', '\\N'), (1003, 'NULL', 'NULL', 'NULL', 'NULL', '\\', '\n');
CREATE TABLE raw_key (k VARBINARY(20) PRIMARY KEY) SELECT CHAR(seq, 0, seq) AS k FROM seq_0_to_255;
CREATE TABLE members (
  id INT PRIMARY KEY, a ENUM('a','b''c','d,e','f"g','h\\i','') , b ENUM('x','y') NOT NULL, c SET('p','q''r','s t') NOT NULL DEFAULT 'p', d ENUM('1','0','2'),
  e SET('01','02','03','04','05','06','07','08','09','10','11','12','13','14','15','16','17','18','19','20','21','22','23','24','25','26','27','28','29','30','31','32','33','34','35','36','37','38','39','40','41','42','43','44','45','46','47','48','49','50','51','52','53','54','55','56','57','58','59','60','61','62','63','64'),
  f ENUM('ä','ö') CHARACTER SET latin1, g ENUM('表','ソ') CHARACTER SET sjis, KEY (a), KEY (e)
);
INSERT INTO members SELECT seq, 1 + seq % 6, 1 + seq % 2, seq % 8, 1 + seq % 3, POW(2, seq % 64), 1 + seq % 2, 1 + seq % 2 FROM seq_1_to_200;
INSERT INTO members VALUES (500, NULL, 1, 0, NULL, 18446744073709551615, NULL, NULL), (501, 5, 2, 7, 2, 0, 2, 2);
INSERT IGNORE INTO members (id, a, b, d, f) VALUES (502, 0, 0, 0, 0), (503, 'nothing', 'nothing', 'nothing', 'nothing');
CREATE TABLE documents (id INT PRIMARY KEY, j JSON, k JSON NOT NULL DEFAULT '{"a": [1]}', s VARCHAR(20) AS (JSON_VALUE(j, '$.a')) VIRTUAL, KEY (s));
INSERT INTO documents (id, j) VALUES (1, '{"a": "x", "é": [1, 2.50, null, true, "\\u00e9\\n\\t"]}'), (2, '[]'), (3, ' { "a" : 1 } '), (4, 'null'), (5, NULL), (6, '"\\\\N"');
CREATE TABLE addresses (u UUID PRIMARY KEY, i6 INET6, i4 INET4, n UUID NOT NULL DEFAULT UUID(), KEY (i6), UNIQUE (i4));
INSERT INTO addresses VALUES ('00000000-0000-0000-0000-000000000000', '::', '0.0.0.0', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), ('ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '255.255.255.255', '123e4567-e89b-12d3-a456-426655440000'),
  ('5c0a095c-4e5c-4e09-0a00-275c0a095c4e', '5c4e:0a09:005c:2709::', '92.10.9.0', '5c0a095c-4e5c-4e09-0a00-275c0a095c4e'), ('123e4567-e89b-12d3-a456-426655440000', '::ffff:1.2.3.4', NULL, '00000000-0000-1000-8000-000000000000');
INSERT INTO addresses SELECT INSERT('5c0a095c-4e5c-4e09-0a00-000000000000', 25, 12, LPAD(HEX(seq * 15485863), 12, '0')), CONCAT('2001:db8::', HEX(seq)), CONCAT('10.0.', seq DIV 256, '.', seq % 256), INSERT('0a09005c-0000-1000-8000-000000000000', 1, 8, LPAD(HEX(seq * 2654435761 % 4294967296), 8, '0')) FROM seq_1_to_300;
CREATE TABLE squeezed (id INT PRIMARY KEY, a VARCHAR(3000) COMPRESSED, b TEXT COMPRESSED=zlib, c LONGBLOB COMPRESSED, d VARBINARY(500) COMPRESSED);
INSERT INTO squeezed SELECT seq, REPEAT('ab', seq * 10), REPEAT('text', seq * 99), REPEAT(CHAR(0, 9, 10, 92), seq * 50), REPEAT('q', seq) FROM seq_1_to_100;
INSERT INTO squeezed VALUES (0, '', '', '', ''), (1000, NULL, NULL, NULL, NULL);
CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY NOT NULL, p POINT NOT NULL, l LINESTRING, y POLYGON, mp MULTIPOINT, ml MULTILINESTRING, my MULTIPOLYGON, gc GEOMETRYCOLLECTION, r GEOMETRY REF_SYSTEM_ID=4326, SPATIAL KEY (g), SPATIAL KEY sp (p)) ENGINE=InnoDB;
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1.1 -2.2)'), POINT(0, -0e0), ST_GeomFromText('LINESTRING(0 0,1e300 -1e-300)'), ST_GeomFromText('POLYGON((0 0,0 10,10 10,10 0,0 0),(1 1,1 2,2 2,1 1))'), ST_GeomFromText('MULTIPOINT(1 1,2 2)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'), ST_GeomFromText('MULTIPOLYGON(((0 0,0 1,1 1,0 0)),((5 5,5 6,6 6,5 5)))'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'), ST_GeomFromText('POINT(1 2)', 4326)),
  (2, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'), POINT(9.10, 92.13), NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO shapes (id, g, p) SELECT seq, POINT(RAND(seq) * 100, RAND(seq + 1)), POINT(seq, 1e0 / seq) FROM seq_3_to_500;
CREATE TABLE shapes_myisam (id INT, g GEOMETRY NOT NULL, SPATIAL KEY (g)) ENGINE=MyISAM;
INSERT INTO shapes_myisam SELECT seq, POINT(seq, -seq) FROM seq_1_to_50;
CREATE TABLE words (id INT PRIMARY KEY, a TEXT, b VARCHAR(200), FULLTEXT KEY (a), FULLTEXT KEY ab (a, b));
INSERT INTO words SELECT seq, CONCAT('word', seq % 17, ' another'), 'é and more' FROM seq_1_to_300;
CREATE TABLE words_with_doc_id (FTS_DOC_ID BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, a TEXT, FULLTEXT KEY (a));
INSERT INTO words_with_doc_id (a) VALUES ('one two'), ('three');
