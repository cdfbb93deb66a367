-- The database of the golden files: what is hard to bring back exactly.
SET NAMES utf8mb4;
CREATE DATABASE golden CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE golden;
CREATE TABLE t (
	id INT NOT NULL PRIMARY KEY AUTO_INCREMENT,
	word VARCHAR(40),
	odd BLOB,
	f FLOAT,
	d DOUBLE,
	bits BIT(9),
	e ENUM('', 'a', 'b'),
	at DATETIME(6),
	twice INT AS (id * 2) VIRTUAL,
	KEY word (word)
) COMMENT 'ünïcode';
INSERT INTO t (id, word, odd, f, d, bits, e, at) VALUES
	(1, 'grün 🙂', x'00090a5c0d1a4e', 0.1, 0.1, b'101010101', 'a',
	    '2026-01-31 23:59:59.123456'),
	(2, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
	(7, '', '', 3.4e38, -1e-300, b'0', '', '1000-01-01 00:00:00');
CREATE TABLE no_key (a INT, b VARCHAR(10));
INSERT INTO no_key VALUES (3, 'x'), (1, 'z'), (1, 'z'), (NULL, 'y');
CREATE TABLE `odd name.; ``` (a INT PRIMARY KEY);
CREATE SEQUENCE seq START WITH 5 INCREMENT BY 5;
SELECT NEXTVAL(seq);
CREATE VIEW v AS SELECT id, word FROM t;
DELIMITER //
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW
BEGIN
	SET NEW.word = COALESCE(NEW.word, 'none');
END//
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END//
DELIMITER ;
CREATE USER golden@localhost IDENTIFIED BY 'golden';
GRANT SELECT, INSERT ON golden.* TO golden@localhost;
