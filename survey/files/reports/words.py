"""What the reports say. They are Vietnamese official documents: their sentences are data here, not catalogue messages.

Names of codes (channels, themes, statuses …) are the catalogues', see `survey.web.wording`.
"""

from __future__ import annotations

from collections.abc import Mapping

COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
NUMBER = "Số: .......... /BC-.........."
PLACE_AND_DATE = "{place}, ngày ..... tháng ..... năm ........."
NO_PLACE = "...................."
REPORT = "BÁO CÁO"
SUBJECT_AGENCY = "Kết quả khảo sát sự hài lòng của người dân, tổ chức<br/>đối với sự phục vụ của {name}"
SUBJECT_PROVINCE = (
    "Kết quả khảo sát sự hài lòng của người dân, tổ chức<br/>đối với sự phục vụ của các cơ quan hành chính"
)
ROUND = "{round}, từ ngày {first} đến ngày {last}"
STILL_OPEN = "Đợt khảo sát chưa kết thúc: số liệu tính đến lúc lập báo cáo và còn thay đổi."

AUTHOR = "NGƯỜI LẬP BÁO CÁO"
CHAIRMAN = "CHỦ TỊCH"
HEAD = "THỦ TRƯỞNG CƠ QUAN"
SIGN = "(Ký, ghi rõ họ tên)"
SEAL = "(Ký, đóng dấu, ghi rõ họ tên)"

PAGE = "Trang {number}/{pages}"
DEMO = "Dữ liệu minh họa: mọi con số và ý kiến trong báo cáo này đều do máy sinh ra"
TITLE_AGENCY = "Báo cáo kết quả khảo sát sự hài lòng - {name} - {round}"
SUBJECT = "Chỉ số hài lòng về sự phục vụ hành chính (SIPAS)"
TABLE = "Bảng {number}. {text}"
CHART = "Biểu đồ {number}. {text}"

GENERAL, STRONG, WEAK, WHO, VOICES, METHOD = (
    "Kết quả chung",
    "Điểm mạnh",
    "Điểm cần cải thiện",
    "Ai đã trả lời",
    "Người dân nói gì",
    "Phương pháp và giới hạn",
)
LEAGUE, MATRIX_HEADING, ITEMS = ("Các cơ quan", "Các cơ quan theo yếu tố", "Từng câu hỏi")

INDEX = (
    "Chỉ số hài lòng chung là <b>{index}</b>, khoảng tin cậy {confidence} {interval}: cứ 100 câu trả lời của người dân "
    "thì khoảng {whole} câu là “hài lòng” hoặc “rất hài lòng”."
)
HEADLINES = {
    "hardened": (
        "Chỉ số chính của đợt là chỉ số gia cố (mỗi bốn tuần tính theo số ngày mở cửa, phiếu ngoài giờ không quá mức "
        "thường thấy): <b>{index}</b> {interval}; con số nêu trước là chỉ số thường."
    ),
    "calibrated": (
        "Chỉ số chính của đợt là chỉ số cân chỉnh (câu trả lời được tính theo cơ cấu của mọi giao dịch): "
        "<b>{index}</b> {interval}; con số nêu trước là chỉ số thường."
    ),
}
FRAMES = "Phiếu chọn ngẫu nhiên ({parts}) và phiếu tự trả lời ({wall}) được nêu cạnh nhau.{apart}"
FRAME = "{name} {index} {interval}, {n} người"
FRAME_NAMES = {"sample": "mã trên giấy hẹn", "interviewer": "phỏng vấn", "wall": "mã dán"}
FRAME_APART = " Phiếu tự trả lời chênh {points} điểm so với {name} (khoảng tin cậy từ {low} đến {high})."
INDEX_THIN = (
    "Chỉ số hài lòng chung là <b>{index}</b>, không có khoảng tin cậy. {why}. Con số này chỉ để tham khảo, không dùng "
    "để đánh giá hay so sánh."
)
NO_INDEX = "Không nêu chỉ số hài lòng của cơ quan. {why}."
WHOLE = "Chỉ số của toàn tỉnh là {index}."
CHANGE_OTHER = "{before} dùng bộ câu hỏi hoặc cách tính khác nên không so sánh được với đợt này."
FIRST_ROUND = "Chưa có đợt trước để so sánh."

TARGETS_OF_ELEMENTS = "Chỉ tiêu theo yếu tố: {what}."
TARGET_OF_ELEMENT = "{title} {target} ({word})"
TARGETS_HEADING = "Chỉ tiêu và mức đạt"
TARGETS_LEAD = (
    "Một chỉ tiêu là đạt khi cả khoảng tin cậy nằm từ chỉ tiêu trở lên, chưa đạt khi cả khoảng nằm dưới. Khi khoảng "
    "chứa chỉ tiêu, cột cuối cho biết cần thêm khoảng bao nhiêu phiếu thì kết luận được, nếu chỉ số giữ nguyên."
)
TARGETS_TABLE = "Chỉ tiêu của từng cơ quan và kết luận (%), khoảng tin cậy {confidence}"
TARGET, MORE = "Chỉ tiêu", "Cần thêm phiếu"

ELEMENTS_TABLE = "Chỉ số theo yếu tố (%), khoảng tin cậy {confidence}{behind}"
BEHIND = "; vạch đứng là toàn tỉnh"
AXIS = "; trục từ {least} đến {most}"
ELEMENT, INDEX_HEAD, WHOLE_HEAD, CHANGE_HEAD = "Yếu tố", "Chỉ số", "Toàn tỉnh", "Thay đổi"
OVERALL = "Chung"
GREY = "Số màu xám và dấu “–”: {why}."
CHANGE_NOTE = (
    "Thay đổi: điểm phần trăm so với {before}, trong ngoặc là khoảng tin cậy tính cho mọi cơ quan cùng lúc (Sidak). "
    "Màu xám: khoảng này chứa số 0, số liệu chưa đủ để nói là tăng hay giảm."
)

STRONG_LEAD = "Người dân hài lòng hơn rõ rệt so với nơi khác; nên giữ vững và chia sẻ cách làm."
STRONG_NONE = (
    "Chưa có nội dung nào mà số liệu đủ chắc để nói là hơn các cơ quan khác. Sau đây là những nội dung cao nhất "
    "trong nội bộ cơ quan mà không kém nơi khác."
)
WEAK_LEAD = "Người dân ít hài lòng hơn rõ rệt so với nơi khác; việc cần làm trước xếp trước."
WEAK_NONE = (
    "Không có nội dung nào mà số liệu đủ chắc để nói là kém các cơ quan khác. Sau đây là những nội dung thấp nhất "
    "trong nội bộ cơ quan."
)
NO_FINDINGS = "Quá ít người trả lời, hoặc không có cơ quan khác để so sánh, nên không nêu."
STRONG_NOTHING = "Không có nội dung nào hơn nơi khác: ở mọi nội dung so sánh được, người dân ít hài lòng hơn rõ rệt."
WEAK_NOTHING = "Không có nội dung nào kém nơi khác: ở mọi nội dung so sánh được, người dân hài lòng hơn rõ rệt."
STRONG_TABLE = "Nội dung người dân hài lòng hơn nơi khác"
PROVINCE_STRONG = "Ba nội dung có chỉ số cao nhất trong toàn tỉnh."
PROVINCE_WEAK = "Ba nội dung có chỉ số thấp nhất trong toàn tỉnh, nên bắt đầu từ đây."
PROVINCE_HIGH_TABLE = "Ba nội dung người dân hài lòng nhất"
PROVINCE_LOW_TABLE = "Ba nội dung người dân ít hài lòng nhất"
HIGH_TABLE = "Ba nội dung cao nhất của cơ quan"
WEAK_TABLE = "Nội dung người dân ít hài lòng hơn nơi khác"
LOW_TABLE = "Ba nội dung thấp nhất của cơ quan"
OTHERS_NOTE = (
    "Nơi khác: các cơ quan khác cộng lại. Không hài lòng: số người chọn mức 1 hoặc 2 trong số người trả lời câu đó."
)
CONTENT, OTHERS, GAP, UNHAPPY = "Nội dung", "Nơi khác", "Chênh lệch", "Không hài lòng"
UNHAPPY_OF = "{some}/{all} người"

ANSWERED = "Có <b>{n}</b> phiếu được tính trên {transactions} giao dịch: tỷ lệ trả lời {rate}."
ANSWERED_ONLY = "Có <b>{n}</b> phiếu được tính. Chưa biết số giao dịch nên không có tỷ lệ trả lời."
ANSWERED_HIDDEN = "Không nêu số người trả lời, để bảo vệ số ít người đã trả lời."
EXCLUDED = "Không tính: {what}."
WHO_TABLE = "Số phiếu theo kênh và theo nhóm người trả lời"
BY, GROUP_AND_SIZE = "Theo", "Nhóm và số phiếu"
HIDDEN_GROUP = "không nêu"
OTHER_GROUPS = "nhóm khác: không nêu"
HIDDEN_NOTE = "“Không nêu”: để bảo vệ số ít người đã trả lời."
GROUPS_TABLE = "Chỉ số chung theo nhóm người trả lời (%)"
GROUP, SIZE = "Nhóm", "Số phiếu"
DIMENSIONS: Mapping[str, str] = {
    "filing": "Cách nộp hồ sơ",
    "timeliness": "Thời hạn trả kết quả",
    "apology": "Xin lỗi khi trễ hẹn",
    "gender": "Giới tính",
    "age": "Tuổi",
    "education": "Học vấn",
    "occupation": "Nghề nghiệp",
    "area": "Nơi ở",
    "on_behalf": "Cho mình hay tổ chức",
}

QUOTE = "“{text}”"
QUOTE_OF = "“{text}” ({name})"
QUOTES_LEAD = "Ý kiến mới nhất trong các ý kiến đã được xem xét; thông tin về cá nhân đã được che."
THEMES_LEAD = "Các ý kiến đã được xem xét nói về: {themes}."
THEME = "{name} ({n})"
FEW_COMMENTS = "ít hơn {fewest} ý kiến"
HIDDEN_COMMENTS = "Không nêu ý kiến, để bảo vệ số ít người đã trả lời."
NO_ROOM = "Ý kiến đã được xem xét có trên trang của cơ quan trong hệ thống."
NO_COMMENTS = "Chưa có ý kiến nào được xem xét và cho hiển thị."

LEAGUE_TABLE = "{league} theo chỉ số chung (%), khoảng tin cậy {confidence}; vạch đứng là toàn tỉnh{axis}"
AGENCY, RANKS, RATE = "Cơ quan", "Khoảng hạng", "Tỷ lệ trả lời"
CHANGES_TABLE = "Thay đổi của chỉ số chung so với {before} (điểm phần trăm)"
CHANGES_LEAD = (
    "{up} cơ quan tăng và {down} cơ quan giảm rõ rệt; {same} cơ quan chưa đủ số liệu để nói là tăng hay giảm."
)
NO_CHANGES_LEAD = "Chưa có cơ quan nào tăng hay giảm rõ rệt so với đợt trước."
CHANGES_NOTE = (
    "Kết luận và khoảng tin cậy bên cạnh cùng tính đến việc so sánh nhiều cơ quan cùng lúc (Sidak): khoảng không chứa "
    "số 0 khi và chỉ khi kết luận là tăng hoặc giảm."
)
TREND_TABLE = "Số liệu của biểu đồ: chỉ số của toàn tỉnh qua các đợt (%), khoảng tin cậy {confidence}"
TREND_CHART = "Chỉ số của toàn tỉnh qua các đợt (%), khoảng tin cậy {confidence}"
TREND_NOTE = (
    "Chấm tròn: chỉ số. Đoạn thẳng đứng qua chấm: khoảng tin cậy. Đường nối hai đợt màu xám: số liệu chưa đủ để nói là "
    "tăng hay giảm."
)
BREAK_NOTE = "Đường nét đứt: bộ câu hỏi hoặc cách tính chỉ số đã thay đổi; không so sánh số liệu ở hai bên."
BREAK = "đổi bộ câu hỏi hoặc cách tính"
SINCE_BEFORE, NOT_COMPARED = "So với đợt liền trước", "không so sánh được"
ROUND_HEAD = "Đợt khảo sát"
CHANGES_HEADING = "Thay đổi so với đợt trước"
BEFORE, NOW, VERDICT = "Đợt trước", "Đợt này", "Kết luận"
MATRIX_TABLE = (
    "Chỉ số theo cơ quan và yếu tố (%), và chênh lệch so với tất cả các cơ quan khác gộp lại (điểm phần trăm)"
)
MATRIX_NOTE = (
    "Dòng trên: chỉ số; dòng dưới: chênh lệch. Ô chỉ được tô, có dấu tam giác và chữ “hơn” hoặc “kém” khi kiểm định "
    "cho thấy chênh lệch khó là ngẫu nhiên, có tính đến việc xem cùng lúc mọi cơ quan và yếu tố "
    "(Benjamini-Hochberg): trong 100 ô được tô, dự kiến nhiều nhất {rate} ô là ngẫu nhiên. Ô không tô: số liệu chưa "
    "phân biệt được."
)
BY_POINTS = "{word}, từ {points} điểm trở lên"

QUADRANTS = "Mức quan trọng và kết quả thực hiện ở từng cơ quan"
QUADRANTS_LEAD = (
    "Mỗi hình là một cơ quan, mỗi dấu là một câu hỏi, ghi bằng số thứ tự ở mục “Từng câu hỏi”. Câu hỏi ở góc trên bên "
    "trái quan trọng mà cơ quan làm kém nơi khác: <b>cần cải thiện trước</b>."
)
QUADRANTS_CHART = "Mức quan trọng của từng câu hỏi so với kết quả của cơ quan"
QUADRANTS_NOTE = (
    "Chiều ngang: thấp hơn hay cao hơn các cơ quan khác bao nhiêu điểm phần trăm; thang chia của mỗi hình một khác, "
    "số ở hai đầu là giới hạn. Chiều dọc: câu hỏi ảnh hưởng nhiều hay ít đến chỉ số chung; vạch ngang là mức trung "
    "bình. Ô vuông tô đậm: kém hơn rõ rệt; hình tròn tô đậm: tốt hơn rõ rệt; hình trống: số liệu chưa phân biệt "
    "được. Nhận định có tính đến việc xem nhiều câu hỏi (Benjamini-Hochberg): trong 100 câu được cho là tốt hơn hoặc "
    "kém hơn, dự kiến nhiều nhất {rate} câu là ngẫu nhiên."
)
QUADRANTS_MISSING = "Không vẽ vì quá ít người trả lời: {names}."
IMPROVE, KEEP, WATCH, MAINTAIN = "Cần cải thiện trước", "Giữ vững", "Theo dõi", "Duy trì"
LIKE_OTHERS = "bằng các cơ quan khác"
GAPS_TABLE = "Số liệu của biểu đồ: chênh lệch so với các cơ quan khác (điểm phần trăm) theo số thứ tự câu hỏi"
GAPS = "Từng câu hỏi ở từng cơ quan"
GAPS_LEAD = (
    "Đợt này không có câu hỏi về mức hài lòng nhìn chung, nên không nêu mức ảnh hưởng của từng câu hỏi; việc cần làm "
    "trước xếp theo số người chưa hài lòng (chênh lệch nhân với số người trả lời)."
)
GAPS_TABLE_ALONE = "Chênh lệch so với các cơ quan khác (điểm phần trăm) theo số thứ tự câu hỏi"
IMPORTANCE_NOTE = (
    "Mức ảnh hưởng: phần của câu hỏi trong sự khác nhau giữa các câu trả lời về mức hài lòng nhìn chung (trọng số "
    "tương đối Johnson, tính trong từng cơ quan)."
)
GAPS_NOTE = "“Hơn”, “kém” và ô tô màu: số liệu phân biệt được với các cơ quan khác; tô đậm: từ {points} điểm trở lên."
IMPORTANCE = "Mức ảnh hưởng (%)"

DOUBTFUL = "Có và không có phiếu đáng ngờ"
LOOKED_AT = "Trong {responses} phiếu đã xem, có {flagged} phiếu cần xem lại."
WITH_AND_WITHOUT = "Chỉ số toàn tỉnh khi có các phiếu này: <b>{every}</b>; khi không có: <b>{left}</b> ({change} điểm)."
DOUBTS_HIDDEN = "Số phiếu bị đánh dấu quá ít, nếu cho biết chỉ số khi không có chúng thì sẽ lộ cách họ trả lời."
REASONS_TABLE = "Phiếu đáng ngờ theo lý do; một phiếu có thể có nhiều lý do"
REASON = "Lý do"
DUPLICATES = "Ý kiến trùng nguyên văn với ý kiến khác"
DOUBTS_NOTE = (
    "Đánh dấu không loại phiếu nào: các phần khác của báo cáo tính cả những phiếu này; bảng chỉ cho biết chỉ số sẽ ra "
    "sao nếu không có chúng."
)
DOUBTS_TABLE = "Chỉ số chung khi có và không có phiếu đáng ngờ (%), thay đổi lớn nhất trước"
NOT_DOUBTFUL, WITH_ALL, WITHOUT = "Không đáng ngờ", "Có tất cả", "Không có"
ITEMS_LEAD = (
    "Mỗi thanh là tất cả câu trả lời hợp lệ của một câu hỏi, bên phải là hài lòng; số trong thanh là phần trăm, tính "
    "theo trọng số như chỉ số bên cạnh. Do làm tròn, các phần trăm cộng lại có thể khác 100 một ít."
)
MATRIX_LEAD = (
    "Số của các cơ quan đứng gần nhau thường không khác nhau rõ rệt; khoảng tin cậy có trong tệp số liệu của đợt."
)
ITEMS_TABLE = "Phân bố câu trả lời của từng câu hỏi (%)"
ITEM, VALID = "Câu hỏi", "Số trả lời"

METHOD_LINES = (
    "Chỉ số là tỷ lệ câu trả lời “hài lòng” và “rất hài lòng” trong số câu trả lời hợp lệ; câu bỏ trống và "
    "“không biết / "
    "không liên quan” không tính vào tử số lẫn mẫu số. {composition} Mỗi phiếu được nhân với số giao dịch của cơ "
    "quan và "
    "lĩnh vực chia cho số phiếu ở đó. Dưới {min_n_interval} người trả lời thì không có khoảng tin cậy và thứ "
    "hạng; dưới "
    "{min_n} người thì không nêu số liệu.",
    "Khoảng tin cậy {confidence} chỉ phản ánh sai số chọn mẫu ({fpc}). Người quét mã là người tự muốn trả lời và "
    "có thể "
    "khác người không trả lời; không con số nào ở đây cho thấy điều đó. Khảo sát tại quầy khác với điều tra hộ "
    "gia đình "
    "toàn quốc; không so sánh từng con số của hai cuộc với nhau.",
    "Bộ câu hỏi {questionnaire}, phiên bản {version} (mã kiểm {content_hash}). Phần mềm SIPAS {software}. {edition}",
)
FPC, NO_FPC = "đã hiệu chỉnh theo tổng số giao dịch của đợt", "không hiệu chỉnh theo tổng số giao dịch"
PUBLISHED = "Kết quả đã công bố ngày {day}, lần {edition}, mã kiểm SHA-256: {hash}. {same}"
SAME = "Số liệu trong báo cáo trùng khớp với bản đã công bố."
NOT_SAME = "Số liệu trong báo cáo KHÁC bản đã công bố, vì phiếu hoặc số giao dịch đã thay đổi từ đó."
NOT_PUBLISHED = "Kết quả của đợt này chưa được công bố; số liệu có thể còn thay đổi."
